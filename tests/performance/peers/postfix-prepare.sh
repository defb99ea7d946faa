# A Postfix of its own for bench.py: folders below $BENCH_HOME and $BENCH_STORE, port 2502 of 127.0.0.1, everybody's mail into one Maildir.
# /etc/postfix is read and not touched.
set -u
B=$BENCH_HOME/postfix S=$BENCH_STORE/postfix
mkdir -p "$B/etc" "$B/data" "$S/queue" "$S/mail/inbox"
cp -rn /etc/postfix/. "$B/etc/" 2>/dev/null
[ -f "$B/etc/master.cf" ] || cp /usr/share/postfix/master.cf.dist "$B/etc/master.cf"
cat >"$B/etc/main.cf" <<C
compatibility_level = 3.6
queue_directory = $S/queue
data_directory = $B/data
mail_owner = postfix
setgid_group = postdrop
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
myhostname = mx.bench
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = static:all
virtual_mailbox_base = $S/mail
virtual_mailbox_maps = ${POSTFIX_MAILBOXES:-static:inbox/}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_recipient_restrictions = permit_mynetworks
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_peername_lookup = no
default_process_limit = 100
smtpd_helo_required = no
maillog_file = /dev/null
maillog_file_prefixes = /dev, /var
C
sed -i -E 's/^smtp +inet .*/2502 inet n - n - 100 smtpd/; s/^([a-z0-9-]+ +(inet|unix|unix-dgram|pass) +[n-] +[n-] +)y/\1n/' "$B/etc/master.cf"
grep -q '^postlog' "$B/etc/master.cf" || echo 'postlog unix-dgram n - n - 1 postlogd' >>"$B/etc/master.cf"
chown root:root "$B"/etc/*.cf
chown -R postfix "$B/data"
chown -R 65534:65534 "$S/mail"
rm -f "$B/data/master.lock"
exit 0
