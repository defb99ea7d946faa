#!/usr/bin/env bash
# Every test. Installs the Debian and npm packages that the tests' real clients come from, where they are missing.
#   ./test.sh                 all of it
#   ./test.sh Protocol Hocon  only the test projects with these words in their names
# Last line: N passed, N failed, N skipped. Exit code 0 only if nothing failed.
set -u -o pipefail
cd "$(dirname "$0")" || exit 1
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
engine=${ACTOR_ENGINE:-embedded}
out=artifacts/test-results
mkdir -p "$out"

# --- the programs that the end-to-end tests talk to -----------------------------------------------------------------
# command:package
programs="swaks:swaks curl:curl msmtp:msmtp python3:python3 node:nodejs npm:npm mutt:mutt strace:strace gsasl:gsasl postfix:postfix openssl:openssl nmap:nmap mandoc:mandoc promtool:prometheus zsh:zsh fish:fish chromium:chromium unbound:unbound ldns-signzone:ldnsutils opendkim:opendkim rspamd:rspamd"
# module:package, of Debian's own Python
modules="spf:python3-spf dkim:python3-dkim nacl:python3-nacl authres:python3-authres Milter:python3-milter"
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo -n "$@"; else return 1; fi; }
install_missing() {
  local missing="" entry
  for entry in $programs; do
    command -v "${entry%%:*}" >/dev/null || missing="$missing ${entry##*:}"
  done
  for entry in $modules; do
    [ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import ${entry%%:*}" 2>/dev/null || missing="$missing ${entry##*:}"
  done
  # Its programs lie beside the path; no cluster is made, the tests make their own.
  if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || ! command -v psql >/dev/null; then
    missing="$missing postgresql-15 postgresql-client-15"
    as_root sh -c 'mkdir -p /etc/postgresql-common && { [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf; }'
  fi
  [ -z "$missing" ] && return 0
  command -v apt-get >/dev/null || { echo "missing:$missing (install them to run every test)"; return 0; }
  echo "installing:$missing"
  as_root apt-get update -q >"$out/apt.log" 2>&1
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confold $missing >>"$out/apt.log" 2>&1 \
    || { echo "could not install:$missing; see $out/apt.log"; tail -n 5 "$out/apt.log"; }
}
install_node_modules() {
  local folder=tests/ActorSmtp.EndToEnd.Tests/clients/node
  [ -f "$folder/package.json" ] || return 0
  [ -d "$folder/node_modules/nodemailer" ] && return 0
  command -v npm >/dev/null || return 0
  (cd "$folder" && npm install --no-audit --no-fund --no-package-lock --silent) >"$out/npm.log" 2>&1 \
    || { echo "npm install failed; see $out/npm.log"; tail -n 5 "$out/npm.log"; }
}
# Its package cannot stand beside Postfix's: unpacked only.
unpack_opensmtpd() {
  local into=artifacts/tools/opensmtpd
  [ -x "$into/usr/sbin/smtpd" ] && return 0
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 0
  mkdir -p "$into" "$out"
  (cd "$into" && apt-get download opensmtpd && dpkg -x opensmtpd_*.deb . && rm -f opensmtpd_*.deb) >"$out/opensmtpd.log" 2>&1 \
    || { echo "could not unpack opensmtpd; see $out/opensmtpd.log"; return 0; }
  if ldd "$into/usr/sbin/smtpd" | grep -q "not found"; then
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends libevent-2.1-7 libdb5.3 >>"$out/apt.log" 2>&1
  fi
}
if [ $# -eq 0 ] || [[ " $* " == *" EndToEnd "* || " $* " == *" Server "* || " $* " == *" Postgres "* || " $* " == *" Browser "* || " $* " == *" Client "* ]]; then
  install_missing
  install_node_modules
  unpack_opensmtpd
fi

# --- build once, then every test project by itself ------------------------------------------------------------------
echo "building (engine: $engine)"
dotnet build ActorSmtp.sln -v quiet -p:ActorEngine="$engine" || { echo "the build failed"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }

passed=0 failed=0 skipped=0 broken=0
for project in tests/*.Tests; do
  name=${project#tests/ActorSmtp.}
  if [ $# -gt 0 ]; then
    wanted=0
    for word in "$@"; do [[ "$name" == *"$word"* ]] && wanted=1; done
    [ "$wanted" = 1 ] || continue
  fi
  log="$out/$name.log"
  started=$SECONDS
  timeout 900 dotnet test "$project" --no-build -p:ActorEngine="$engine" --logger "console;verbosity=minimal" >"$log" 2>&1
  code=$?
  line=$(grep -E '^(Passed|Failed|Skipped)! +- Failed:' "$log" | tail -n 1)
  if [ -z "$line" ]; then
    echo "$name: no result (exit code $code)"; tail -n 15 "$log"
    broken=$((broken + 1))
    continue
  fi
  f=$(sed -E 's/.*Failed: +([0-9]+).*/\1/' <<<"$line")
  p=$(sed -E 's/.*Passed: +([0-9]+).*/\1/' <<<"$line")
  s=$(sed -E 's/.*Skipped: +([0-9]+).*/\1/' <<<"$line")
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  printf '%-24s %5d passed %3d failed %3d skipped  %4d s\n' "$name" "$p" "$f" "$s" $((SECONDS - started))
  if [ "$f" != 0 ]; then grep -vE '^\s*$' "$log" | grep -E -A 12 '\[FAIL\]|Error Message' | head -n 80; fi
  if [ "$code" != 0 ] && [ "$f" = 0 ]; then echo "$name: exit code $code"; tail -n 15 "$log"; broken=$((broken + 1)); fi
done
failed=$((failed + broken))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
