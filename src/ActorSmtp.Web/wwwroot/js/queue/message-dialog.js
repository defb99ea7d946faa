// One message in the queue: its recipients, every attempt, its story. Read again while it is open and something happens to it.
import { get, path } from '../api.js';
import { fill, h } from '../dom.js';
import { count, exactTime, fullTime, oneLine, plural, shortTime, size } from '../format.js';
import { into, trouble } from '../notices.js';
import { drawStory } from '../story.js';
import { tabs } from '../tabs.js';
import { since, states, until, who } from './words.js';

const badges = { delivered: 'good', relayed: 'good', 'put off': 'warn', 'given up': 'bad' };

/** `orders.give` is told what is wanted of it; `onclose` when it goes. */
export function messageDialog(id, orders, onclose) {
  const facts = h('div');
  const buttons = h('div.order-bar', { role: 'toolbar', 'aria-label': 'What to do with it' });
  const attempts = h('div');
  const views = tabs('Message', [
    ['attempts', 'Attempts', (panel) => panel.append(attempts)],
    ['story', 'Story', (panel) => { tellStory = () => into(panel, () => get(path(['stories', id])), drawStory); tellStory(); }],
  ]);
  let tellStory = null;
  let stopped = false;
  let turn = 0;
  const dialog = h('dialog.wide', { 'aria-labelledby': 'queued-title', onclose: () => { stopped = true; dialog.remove(); onclose(); } },
    h('header', null, h('h2#queued-title', null, 'Message ', h('code', null, oneLine(id, 40))), h('button.button', { type: 'button', onclick: () => dialog.close() }, 'Close')),
    h('div.body', null, facts, buttons, views.element));
  dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();

  async function read() {
    const mine = ++turn;
    try {
      const m = await get(path(['queue', id]));
      if (stopped || mine !== turn) return;
      draw(m);
    } catch (problem) {
      if (stopped || mine !== turn || problem.status === 0) return;
      fill(buttons);
      if (problem.status === 404) {
        fill(facts, h('p.soft', null, 'It is no longer in the queue. Its story tells what became of it.'));
        fill(attempts);
        views.show('story');
      } else {
        fill(facts, trouble(problem, read));
      }
    }
    tellStory?.();
  }

  function draw(m) {
    const open = m.recipients.filter((r) => ['active', 'waiting', 'held'].includes(r.state));
    const rows = open.length ? [...new Set(open.map((r) => r.destination))].map((destination) => ({ id: m.id, destination })) : [{ id: m.id, destination: '' }];
    const give = (action, close) => async () => { if (close) dialog.close(); await orders.give(action, rows); };
    const focused = document.activeElement?.dataset?.action;
    fill(buttons,
      open.some((r) => r.state === 'waiting') ? h('button.button', { type: 'button', dataset: { action: 'retry' }, onclick: give('retry') }, 'Retry now') : null,
      open.some((r) => r.state !== 'held') ? h('button.button', { type: 'button', dataset: { action: 'hold' }, onclick: give('hold') }, 'Hold') : null,
      open.some((r) => r.state === 'held') ? h('button.button', { type: 'button', dataset: { action: 'release' }, onclick: give('release') }, 'Release') : null,
      h('button.button', { type: 'button', dataset: { action: 'return' }, onclick: give('return', true), hidden: !m.from }, 'Return to sender'),
      h('button.button.danger', { type: 'button', dataset: { action: 'remove' }, onclick: give('remove', true) }, 'Remove'));
    if (focused) (buttons.querySelector(`[data-action=${focused}]`) ?? buttons.querySelector('button'))?.focus();
    fill(facts,
      m.problem ? h('p.notice.warn', { role: 'alert' }, oneLine(m.problem, 500)) : null,
      (m.notices ?? []).map((n) => h('p.notice.warn', null, oneLine(n.why, 500))),
      h('dl.facts', null,
      h('dt', null, 'From'), h('dd', null, who(m.from), m.user ? h('span.faint', null, ` sent by ${oneLine(m.user, 60)}`) : null),
      h('dt', null, 'Received'), h('dd', null, fullTime(m.receivedAt), h('span.faint', null, ` (${since(m.receivedAt)} ago)`), m.session ? [' in session ', h('a', { href: '/live?view=sessions&session=' + encodeURIComponent(m.session), onclick: () => dialog.close() }, oneLine(m.session, 40))] : null),
      m.node ? [h('dt', null, 'Node'), h('dd', null, oneLine(m.node, 80), h('span.faint', null, ' has it in hand'))] : null,
      h('dt', null, 'Expires'), h('dd', null, fullTime(m.expiresAt), m.warnedAt ? h('span.faint', null, `; its sender heard ${shortTime(m.warnedAt)} that it takes long`) : null),
      h('dt', null, 'Size'), h('dd', null, size(m.octets), m.envelopeId ? h('span.faint', null, ` ENVID ${oneLine(m.envelopeId, 100)}`) : null, m.requireTls ? h('span.badge', null, 'REQUIRETLS') : null)),
    recipientTable(m));
    fill(attempts, attemptList(m));
  }

  read();
  return { id, again: read, close: () => dialog.close() };
}

function recipientTable(m) {
  const shown = m.recipients.slice(0, 100);
  return h('div.table-wrap', null, h('table.table.recipients', null,
    h('thead', null, h('tr', null, ['Recipient', 'State', 'Tried', 'Next attempt', 'Why'].map((t, i) => h('th', { scope: 'col', class: i === 2 ? 'num' : null }, t)))),
    h('tbody', null, shown.map((r) => h('tr', null,
      h('th', { scope: 'row' }, oneLine(r.address, 200)), h('td', null, h('span.badge', { class: states[r.state] }, r.state)), h('td.num', null, count(r.failures)),
      h('td.nowrap', { title: fullTime(r.nextAt) }, until(r.nextAt)), h('td.why', null, oneLine(r.why ?? r.status ?? '', 500)))))),
  m.recipients.length > shown.length ? h('p.soft.padded', null, `and ${plural(m.recipients.length - shown.length, 'more recipient')}`) : null);
}

function attemptList(m) {
  if (!m.attempts.length) return h('p.soft', null, 'It has not been tried yet.');
  return [
    m.earlierAttempts ? h('p.soft', null, `${plural(m.earlierAttempts, 'earlier attempt')} ${m.earlierAttempts === 1 ? 'is' : 'are'} told by the log only.`) : null,
    h('ol.attempts', { 'aria-label': 'Attempts, the last first' }, [...m.attempts].reverse().map((a) => h('li', null,
      h('div.line', null, h('time.faint', { title: fullTime(a.at) }, isToday(a.at) ? '' : shortTime(a.at) + ' ', exactTime(a.at)), h('b', null, a.server ? oneLine(a.server, 200) : `no server of ${oneLine(a.destination, 100)}`),
        h('span.faint', null, `${a.seconds < 10 ? a.seconds.toFixed(2) : Math.round(a.seconds)} s, as far as ${a.phase}`)),
      protection(a) ? h('p.faint', null, protection(a)) : null,
      a.why ? h('p', null, oneLine(a.why, 500)) : null,
      h('ul', null, a.outcomes.slice(0, 50).map((o) => h('li', null, h('span.badge', { class: badges[o.what] }, o.what), h('span', null, oneLine(o.recipient, 120)), h('span.soft', null, oneLine(o.reply ? o.why && o.why !== a.why ? `${o.reply} (${o.why})` : o.reply : `${o.status} ${o.why === a.why ? '' : o.why ?? ''}`, 800)))),
        a.outcomes.length > 50 ? h('li.soft', null, `and ${plural(a.outcomes.length - 50, 'more recipient')}`) : null)))),
  ];
}

const isToday = (at) => new Date(at).toDateString() === new Date().toDateString();

function protection(a) {
  if (!a.tls) return a.tlsPolicy && !['connecting', 'greeting', 'introducing'].includes(a.phase) ? `clear text (TLS: ${a.tlsPolicy})` : '';
  return `${oneLine(a.tls, 80)} (${a.tlsPolicy ?? 'opportunistic'}, ${a.tlsProblem ? `certificate not trusted: ${oneLine(a.tlsProblem, 200)}` : 'certificate verified'})`;
}
