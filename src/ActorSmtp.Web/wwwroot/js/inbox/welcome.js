// What stands where there is no mail yet: what this server does, and how to send it something right now.
import { post } from '../api.js';
import { copyable, h } from '../dom.js';
import { fault, toast } from '../notices.js';
import { exampleAddress, isLaptop, server, smtpAddress } from '../server.js';

export function what() {
  const address = smtpAddress();
  if (!server || !address) return 'This server keeps the mail it is sent and shows it here.';
  const whom = server.domains?.includes('*') ? 'mail for every address of every domain'
    : server.domains?.length ? `mail for ${server.domains.slice(0, 3).join(', ')}${server.domains.length > 3 ? ' and more' : ''}` : 'mail';
  const stays = server.outbound?.enabled ? '' : ' Nothing leaves this machine.';
  return `This server takes ${whom} on ${address.text} (SMTP), keeps it on disk and shows it here the moment it arrives.${stays}`;
}

export function commands(to) {
  const address = smtpAddress() ?? { text: '127.0.0.1:2525', host: '127.0.0.1', port: '2525' };
  const login = address.listener?.auth === 'required';
  const more = login ? ' --auth-user NAME' : '';
  return [
    ['swaks', `swaks --server ${address.text} --to ${to}${more}`],
    ['this program', `actorsmtp send --server ${address.text} --to ${to} --subject Hello --body "How are you?"${login ? ' --user NAME' : ''}`],
    ['curl', `printf 'Subject: Hello\\r\\n\\r\\nHow are you?\\r\\n' | curl smtp://${address.text} --mail-from bob@example.org --mail-rcpt ${to}${login ? ' --user NAME' : ''} -T -`],
    ['Your program', `host ${address.host}, port ${address.port}, ${login ? 'with a login' : 'no login needed'}, ${address.listener?.tls === 'required' ? 'STARTTLS' : 'no TLS needed'}`],
  ];
}

/** The empty inbox. */
export function welcome(mailbox) {
  const to = mailbox && mailbox.includes('@') ? mailbox : exampleAddress();
  return h('section.empty.welcome', { 'aria-label': 'No mail yet' },
    h('h2', null, mailbox ? `No mail for ${mailbox} yet` : 'No mail yet'),
    h('p', null, what()),
    isLaptop() || !smtpAddress() || smtpAddress().listener.auth !== 'required' ? h('p', null, tryIt(to)) : null,
    h('p', null, 'Or send one from a terminal:'),
    h('dl.commands', null, commands(to).map(([name, text]) => [h('dt', null, name), h('dd', null, copyable(text))])),
    h('p', null, h('a', { href: '/compose' }, 'Write one here'), ' · ', h('a', { href: '/live' }, 'Watch the server work'),
      isLaptop() ? [' · ', h('a', { href: '/leases' }, 'Inboxes for test suites')] : null));
}

function tryIt(to) {
  const button = h('button.button.primary', { type: 'button', onclick: async () => {
    button.disabled = true;
    try {
      const result = await post('/api/send', sample(to));
      if (!result.accepted) toast(result.error ?? result.recipients?.[0]?.reply ?? 'The server refused it', { kind: 'bad' });
    } catch (problem) {
      fault(problem);
    } finally {
      button.disabled = false;
    }
  } }, 'Send a test message');
  return button;
}

function sample(to) {
  return {
    from: 'console@' + (to.split('@')[1] ?? 'example.com'),
    to: [to],
    subject: 'It works',
    text: 'This message went through the whole server: an SMTP session, the journal on disk, your mailbox.\n\nOpen the tab "Transcript" to read what was said, and "Story" for what each actor did.\n',
    html: '<!doctype html><body style="font:15px/1.5 sans-serif;color:#1b2127"><h1 style="font-size:20px">It works</h1><p>This message went through the whole server: an SMTP session, the journal on disk, your mailbox.</p><p>Open the tab <b>Transcript</b> to read what was said, and <b>Story</b> for what each actor did.</p></body>',
    attachments: [{ name: 'hello.txt', type: 'text/plain', base64: btoa('Hello from ActorSmtp.\r\n') }],
  };
}
