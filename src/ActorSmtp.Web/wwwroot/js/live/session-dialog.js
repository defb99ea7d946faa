// One session: its facts, what is being said, its story. Read again each second while it runs.
import { get, path } from '../api.js';
import { drawDialogue } from '../dialogue.js';
import { fill, h } from '../dom.js';
import { count, fullTime, oneLine, size, span } from '../format.js';
import { into, trouble } from '../notices.js';
import { drawStory } from '../story.js';
import { tabs } from '../tabs.js';

export function sessionDialog(id, onclose) {
  const facts = h('div');
  const said = h('div');
  const views = tabs('Session', [
    ['transcript', 'Transcript', (panel) => panel.append(said)],
    ['story', 'Story', (panel) => into(panel, () => get(path(['sessions', id, 'story'])), drawStory)],
  ]);
  let stopped = false;
  let timer = null;
  const dialog = h('dialog.wide', { 'aria-labelledby': 'session-title', onclose: () => { stopped = true; clearTimeout(timer); dialog.remove(); onclose(); } },
    h('header', null, h('h2#session-title', null, 'Session ', h('code', null, oneLine(id, 60))), h('a.button.tiny', { href: '/live?view=log&session-id=' + encodeURIComponent(id), onclick: () => dialog.close() }, 'Log'), h('button.button', { type: 'button', onclick: () => dialog.close() }, 'Close')),
    h('div.body', null, facts, views.element));
  dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  let lines = -1;
  let failures = 0;

  async function read() {
    try {
      const x = await get(path(['sessions', id]));
      if (stopped) return;
      failures = 0;
      fill(facts, h('dl.facts', null,
        h('dt', null, 'State'), h('dd', null, h('span.badge', { class: x.ended ? null : 'accent' }, x.ended ? 'ended' : x.state), x.lastVerb ? h('span.faint', null, ` after ${oneLine(x.lastVerb, 20)}`) : null),
        h('dt', null, 'Peer'), h('dd', null, oneLine(x.peer, 100), x.helo ? h('span.faint', null, ` says it is ${oneLine(x.helo, 100)}`) : null),
        h('dt', null, 'Listener'), h('dd', null, oneLine(x.listener, 60), h('span.faint', null, ` ${oneLine(x.role, 20)}, ${x.tls ? oneLine(x.tls, 60) : 'no TLS'}${x.user ? `, logged in as ${oneLine(x.user, 60)}` : ''}`)),
        h('dt', null, 'Actor'), h('dd', null, h('code', null, oneLine(x.actor, 200))),
        h('dt', null, 'Since'), h('dd', null, fullTime(x.startedAt), h('span.faint', null, ` (${span((x.ended ? Date.parse(x.lastAt) : Date.now()) - Date.parse(x.startedAt))})`)),
        h('dt', null, 'So far'), h('dd', null, `${count(x.commands ?? 0)} commands, ${count(x.messages ?? 0)} messages, ${size(x.octets ?? 0)}, ${count(x.errors ?? 0)} errors`)));
      const list = x.transcript ?? [];
      if (list.length !== lines) { lines = list.length; fill(said, list.length ? drawDialogue(list) : h('p.soft', null, 'Nothing has been said, or it is no longer kept.')); }
      if (!x.ended) timer = setTimeout(read, 1000);
    } catch (problem) {
      if (stopped) return;
      if (problem.status === 0 && failures++ < 30) { timer = setTimeout(read, 2000); return; }
      fill(facts, problem.status === 404 ? h('p.soft', null, 'This session is over and no longer kept.') : trouble(problem, read));
    }
  }
  read();
  return { close: () => dialog.close(), id };
}
