// The bar and the menu. The menu is the table of pages: a page that is not in it is not in the menu.
import { fill, h, icon, iconButton, s, say, copy } from './dom.js';
import { logout } from './api.js';
import * as events from './events.js';
import { keys, showKeys } from './keys.js';
import { fault, toast } from './notices.js';
import { nextTheme, theme } from './theme.js';
import { go } from './router.js';
import { server, smtpAddress } from './server.js';
import { pages } from './pages/table.js';

const states = {
  live: ['good', 'Live'],
  broken: ['bad', 'Reconnecting…'],
  full: ['bad', 'Too many pages watch'],
  paused: ['', 'Paused'],
  off: ['', 'Connecting…'],
};
const themes = { system: ['contrast', 'Colours: as the system'], light: ['sun', 'Colours: light'], dark: ['moon', 'Colours: dark'] };

export function drawFrame(session) {
  const bar = document.getElementById('bar');
  const menu = document.getElementById('menu');
  const listed = pages.filter((p) => p.menu && (!p.needs || p.needs(server)));
  fill(menu,
    listed.map((p) => h('a', { href: p.paths[0], title: p.title, dataset: { page: p.name } }, icon(p.name), h('span.name', null, h('span.long', null, p.title), p.short ? h('span.short', { 'aria-hidden': 'true' }, p.short) : null))),
    h('p.foot', null, server ? [server.hostname, h('br'), `ActorSmtp ${server.version}`] : ''));

  fill(bar,
    h('a.brand', { href: '/inbox', 'aria-label': 'ActorSmtp, to the inbox' },
      s('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, s('path.envelope', { d: 'M3 6h18v13H3zM3 7l9 7 9-7' })), h('span', null, 'ActorSmtp')),
    addresses() ?? h('div.grow'), connection(), themeButton(),
    iconButton('help', 'Keyboard (?)', showKeys, { class: 'keys-button' }),
    session.via === 'cookie' ? iconButton('logout', `Log out ${session.user ?? ''}`, leave) : null);

  keys('Everywhere', [
    ['?', 'this help', showKeys],
    ...listed.filter((p) => p.key).map((p) => [`g ${p.key}`, `to ${p.title}`, () => go(p.paths[0])]),
    ['c', 'compose', () => go('/compose')],
  ]);
}

async function leave() {
  try {
    await logout();
    events.stop();
    location.assign('/login');
  } catch (problem) {
    fault(problem);
  }
}

function addresses() {
  const address = smtpAddress();
  if (!address) return null;
  return h('div.where', null, h('button.address', {
    type: 'button', title: 'The server takes mail here. Click to copy.', 'aria-label': `SMTP address ${address.text}, copy`,
    onclick: async () => { if (await copy(address.text)) toast(`Copied ${address.text}`, { seconds: 2 }); },
  }, 'SMTP ', h('b', null, address.text)));
}

function connection() {
  const dot = h('span.dot');
  const word = h('span');
  const place = h('span.state', { role: 'status' }, dot, word);
  const show = (state) => {
    const [kind, text] = states[state] ?? states.off;
    dot.className = 'dot ' + kind;
    say(word, text);
    place.title = state === 'broken' ? 'The console has lost the server and tries to reach it again'
      : state === 'full' ? 'The server shows no more pages what happens: close one of the console, here or elsewhere. It is tried again' : 'What happens on the server is shown as it happens';
  };
  show(events.currentState());
  events.on('state', show);
  return place;
}

function themeButton() {
  const button = iconButton('contrast', '', () => { nextTheme(); show(); });
  const show = () => {
    const [name, label] = themes[theme()];
    fill(button, icon(name));
    button.title = label;
    button.setAttribute('aria-label', label);
  };
  show();
  return button;
}

export function markPage(page) {
  for (const link of document.querySelectorAll('#menu a')) {
    if (link.dataset.page === page?.name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}
