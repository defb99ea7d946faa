// Starts the console: who we are, the frame, and which page stands in it.
import { readSession, whenLoginRequired } from './api.js';
import { fill, h } from './dom.js';
import * as events from './events.js';
import { drawFrame, markPage } from './frame.js';
import { fault, trouble } from './notices.js';
import { go, here, onNavigate } from './router.js';
import { loadServer } from './server.js';
import { pages } from './pages/table.js';

const place = document.getElementById('page');
let open = null;
let session = null;

async function start() {
  try {
    session = await readSession();
  } catch (problem) {
    document.getElementById('shell').dataset.bare = '';
    fill(place, h('div.sheet.narrow', null, trouble(problem, start)));
    return;
  }
  if (session.authenticated) {
    try {
      await loadServer();
    } catch (problem) {
      fault(problem);
    }
  }
  onNavigate(show);
  await show();
}

whenLoginRequired(() => {
  if (here().path === '/login') return;
  session = { login: 'required', authenticated: false };
  toLogin();
});

function toLogin() {
  const { path, search } = here();
  const next = path === '/login' || path === '/' ? '' : '?' + new URLSearchParams({ next: path + search });
  go('/login' + next, { replace: true });
}

/** Called by the login page: everything that needed it can be read now. */
export async function loggedIn(next) {
  session = await readSession();
  await loadServer();
  go(next, { replace: true });
}

/** Puts the page of the present address in its place; a page that is already there is told of the new address instead. */
async function show() {
  const address = here();
  if (!session.authenticated && address.path !== '/login') { toLogin(); return; }
  if (session.authenticated && address.path === '/login') { go('/inbox', { replace: true }); return; }
  const page = pages.find((p) => p.paths.includes(address.path));
  if (open && open.page === page) { open.view.moved?.(address.query); return; }
  open?.view.leave?.();
  open = null;
  const shell = document.getElementById('shell');
  if (page?.bare) shell.dataset.bare = '';
  else if ('bare' in shell.dataset) { delete shell.dataset.bare; drawFrame(session); }
  markPage(page);
  document.title = page ? `${page.title} · ActorSmtp` : 'ActorSmtp';
  if (!page) {
    events.want({ types: ['message'] });
    fill(place, h('div.empty', null, h('h2', null, 'There is no such page'), h('p', null, h('a', { href: '/inbox' }, 'To the inbox'))));
    return;
  }
  place.scrollTop = 0;
  const module = await page.load();
  if (here().path !== address.path) return;
  fill(place);
  try {
    open = { page, view: module.open(place, here().query, session) };
  } catch (problem) {
    fault(problem);
    fill(place, h('div.sheet', null, trouble(problem, () => location.reload())));
  }
}

start();
