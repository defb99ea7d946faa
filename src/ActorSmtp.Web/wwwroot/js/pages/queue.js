// The outbound queue: what waits for other servers, why, and what is to be done with it. A server that relays nothing says so.
import { get, path } from '../api.js';
import { fill, h, iconButton, keep, say } from '../dom.js';
import * as events from '../events.js';
import { count, fullTime, oneLine, plural, size } from '../format.js';
import { keys } from '../keys.js';
import { aloud, trouble } from '../notices.js';
import { change } from '../router.js';
import { isLaptop, server } from '../server.js';
import { Destinations } from '../queue/destinations.js';
import { Filters } from '../queue/filters.js';
import { messageDialog } from '../queue/message-dialog.js';
import { Orders, keyOf } from '../queue/orders.js';
import { reason, recipients, since, states, until, who } from '../queue/words.js';

const pageSize = 100;
const actions = [['retry', 'Retry now'], ['hold', 'Hold'], ['release', 'Release'], ['return', 'Return to sender'], ['remove', 'Remove']];

export function open(place, query) {
  return new Queue(place, query);
}

class Queue {
  constructor(place, query) {
    this.items = [];
    this.selected = new Map();
    this.orders = new Orders(() => this.load());
    this.filters = new Filters();
    this.destinations = new Destinations((action, destination, words) => this.orders.giveAll(action, { destination }, words));
    this.tiles = {
      messages: tile('Messages'), waiting: tile('Waiting', 'for their next attempt'), active: tile('Being tried', 'now'), held: tile('Held', 'until released'), oldest: tile('Oldest'),
    };
    this.all = h('input', { type: 'checkbox', 'aria-label': 'Select all on this page', onchange: (e) => this.selectAll(e.target.checked) });
    this.body = h('tbody');
    this.table = h('div.table-wrap', null, h('table.table.queue', null, h('caption.aloud', null, 'Mail in the queue'),
      h('thead', null, h('tr', null, h('th.pick', { scope: 'col' }, this.all), ['Message', 'State', 'From, to', 'Age', 'Tried', 'Next attempt', 'Size'].map((t, i) => h('th', { scope: 'col', class: [3, 4, 6].includes(i) ? 'num' : null }, t)))), this.body));
    this.bar = h('div.queue-bar');
    this.note = h('div');
    this.foot = h('div.padded.queue-foot');
    this.list = h('section.card', { 'aria-label': 'Messages' }, this.filters.element, this.bar, this.table, this.note, this.foot);
    this.full = h('p.notice.warn', { role: 'status', hidden: true });
    this.content = h('div.stack', null, this.full, h('section.tiles', { 'aria-label': 'Now' }, Object.values(this.tiles).map((t) => t.element)), this.destinations.element, this.list);
    this.nothing = h('div', { hidden: true });
    fill(place, h('div.sheet', null, h('div.head', null, h('h1', null, 'Queue'), h('p.lead', null, 'Mail on its way to other servers, and what it waits for.')), this.nothing, this.content));
    this.content.hidden = true;
    this.stops = [events.on('queue', (e) => this.told(e)), events.on('again', () => this.load()), this.keys()];
    events.want({ types: ['queue'] });
    this.timer = setInterval(() => { if (!document.hidden) this.tick(); }, 1000);
    this.moved(query, true);
  }

  leave() {
    this.orders.leave();
    this.filters.dispose();
    for (const stop of this.stops) stop();
    clearInterval(this.timer);
    clearTimeout(this.soon);
    const dialog = this.dialog;
    this.dialog = null;
    dialog?.close();
  }

  /** The address is another one. */
  moved(query, first) {
    const cursor = query.get('cursor');
    const other = this.filters.moved(query) || cursor !== this.cursor;
    this.cursor = cursor;
    if (first || other) { this.selected.clear(); this.isNew = true; this.load(); }
    const id = query.get('message');
    if (id && this.dialog?.id !== id) {
      this.dialog?.close();
      this.dialog = messageDialog(id, this.orders, () => { if (this.dialog?.id === id) { this.dialog = null; change({ message: null }, { replace: true }); } });
    } else if (!id && this.dialog) {
      const dialog = this.dialog;
      this.dialog = null;
      dialog.close();
    }
  }

  // --- reading ----------------------------------------------------------------------------------------------------

  /** Something has happened: what is shown is read again, once a second at most, whatever goes on. */
  told(e) {
    this.drawTotals(e.totals);
    if (this.dialog && (!e.ids || e.ids.includes(this.dialog.id))) this.dialog.again();
    this.soon ??= setTimeout(() => { this.soon = null; this.load(); }, 700);
  }

  async load() {
    const turn = this.turn = (this.turn ?? 0) + 1;
    if (this.isNew) this.table.setAttribute('aria-busy', 'true');
    try {
      const answer = await get(path(['queue'], { ...this.filters.values, limit: pageSize, cursor: this.cursor }));
      if (turn !== this.turn) return;
      this.filters.complain('');
      fill(this.note);
      this.next = answer.next;
      this.items = answer.items;
      this.isAvailable = answer.available;
      this.drawTotals(answer.totals);
      this.draw();
      if (this.isNew) { this.isNew = false; if (this.filters.isSet) aloud(plural(answer.items.length, 'message') + (answer.next ? ' and more' : '') + ' found'); }
      if (answer.available) this.destinations.load();
    } catch (problem) {
      if (turn !== this.turn || problem.name === 'AbortError') return;
      if (problem.status === 400 && problem.errors.cursor) { change({ cursor: null }, { replace: true }); return; }
      if (problem.status === 400) { this.filters.complain(problem.message); this.items = []; this.draw(); return; }
      if (problem.status === 0 && this.items.length) return;
      this.content.hidden = false;
      this.items = [];
      this.draw();
      fill(this.note, h('div.padded', null, trouble(problem, () => this.load())));
    } finally {
      if (turn === this.turn) this.table.removeAttribute('aria-busy');
    }
  }

  tick() {
    for (const node of this.body.children) this.times(node);
    this.drawOldest();
    this.destinations.tick();
  }

  // --- drawing ----------------------------------------------------------------------------------------------------

  drawTotals(t) {
    this.totals = t;
    say(this.tiles.messages.value, count(t.messages));
    say(this.tiles.messages.foot, t.messages ? `${size(t.octets)}, ${plural(t.destinations, 'destination')}` : 'all mail was handed over');
    for (const name of ['waiting', 'active', 'held']) say(this.tiles[name].value, count(t[name]));
    this.tiles.held.value.classList.toggle('warn', t.held > 0);
    const wrong = t.unreadable ? `${plural(t.unreadable, 'message')} cannot be read on this server's disk and ${t.unreadable === 1 ? 'waits' : 'wait'}: look for “cannot be read” in what was heard last.`
      : t.untoldWhy ? `Senders cannot be told for now what became of ${plural(t.untold, 'message')}: ${oneLine(t.untoldWhy, 200)}` : null;
    this.full.hidden = t.pressure === 'none' && !wrong;
    say(this.full, t.pressure === 'none' ? wrong ?? '' : t.pressure === 'full' ? 'The queue is full: mail for other servers is refused for now.' : 'The queue is nearly full: mail for other servers is taken slowly.');
    this.drawOldest();
  }

  drawOldest() {
    const t = this.totals;
    if (!t) return;
    say(this.tiles.oldest.value, t.oldestAt ? since(t.oldestAt) : '–');
    const lag = t.dueSince ? Date.now() - Date.parse(t.dueSince) : 0;
    say(this.tiles.oldest.foot, lag > 60000 ? `due mail is not tried for ${since(t.dueSince)}` : 'the queue keeps up');
    this.tiles.oldest.foot.classList.toggle('warn', lag > 60000);
  }

  draw() {
    const isOff = this.isAvailable === false;
    this.content.hidden = isOff;
    this.nothing.hidden = !isOff;
    fill(this.nothing, isOff ? nothingLeaves() : null);
    if (isOff) return;
    const shown = this.items.filter((item) => !this.orders.isGone(item));
    this.selected = new Map(shown.filter((item) => this.selected.has(keyOf(item))).map((item) => [keyOf(item), item]));
    keep(this.body, shown, keyOf, (item) => this.row(item), (node, item) => this.update(node, item));
    this.table.hidden = !shown.length;
    this.drawBar(shown);
    const empty = shown.length ? null
      : this.filters.isSet || this.cursor ? h('p.soft', null, this.next ? 'Nothing here matches; there may be more further on.' : 'Nothing in the queue matches.')
        : this.totals?.messages ? null : h('div.empty', null, h('h2', null, 'The queue is empty'), h('p', null, 'All mail for other servers has been handed over. What comes appears here by itself, and goes when it is delivered.'));
    fill(this.foot, empty, this.cursor ? h('button.button', { type: 'button', onclick: () => change({ cursor: null }) }, 'First page') : null, ' ',
      this.next ? h('button.button', { type: 'button', onclick: () => change({ cursor: this.next }) }, 'Next page') : null);
    this.foot.hidden = !empty && !this.cursor && !this.next;
  }

  drawBar(shown) {
    const n = this.selected.size;
    this.all.checked = n > 0 && n === shown.length;
    this.all.indeterminate = n > 0 && n < shown.length;
    const text = `${n}|${this.filters.words}|${shown.length > 0}`;
    if (this.barText === text) return;
    this.barText = text;
    const focused = this.bar.contains(document.activeElement) ? document.activeElement.textContent : null;
    fill(this.bar, n
      ? [h('span.soft', null, `${plural(n, 'message')} selected`), actions.map(([action, label]) => h('button.button.tiny', { type: 'button', class: action === 'remove' ? 'danger' : null, onclick: () => this.give(action) }, label)),
        h('button.button.tiny.plain', { type: 'button', onclick: () => this.selectAll(false) }, 'None')]
      : shown.length ? [h('label.soft', { for: 'queue-all' }, this.filters.isSet ? 'All that matches' : 'The whole queue'),
        h('select.select', { id: 'queue-all' }, actions.map(([value, label]) => h('option', { value }, label))),
        h('button.button.tiny', { type: 'button', onclick: () => this.orders.giveAll(document.getElementById('queue-all').value, this.filters.values, this.filters.words) }, 'Do it…'), h('div.grow'),
        iconButton('refresh', 'Read the queue again', () => this.load())] : []);
    if (focused) [...this.bar.querySelectorAll('button')].find((b) => b.textContent === focused)?.focus();
    this.bar.hidden = !n && !shown.length;
  }

  row(item) {
    const key = keyOf(item);
    const pick = h('input', { type: 'checkbox', 'aria-label': `Select ${item.id} for ${oneLine(item.destination, 100)}`, onchange: (e) => this.pick(key, e.target.checked) });
    return h('tr', { dataset: { key } },
      h('td.pick', null, pick),
      h('td', null, h('a.quiet', { href: '/queue?' + new URLSearchParams({ message: item.id }), onclick: (e) => { if (e.ctrlKey || e.metaKey || e.shiftKey) return; e.preventDefault(); e.stopPropagation(); change({ message: item.id }); } }, h('code', null, item.id))),
      h('td', null, h('span.badge'), h('p.faint')),
      h('td.people', null, h('p.clip'), h('p.why.soft')),
      h('td.num.nowrap'), h('td.num'), h('td.nowrap'), h('td.num.nowrap'));
  }

  update(node, item) {
    node.__item = item;
    const td = node.children;
    const isPicked = this.selected.has(keyOf(item));
    td[0].firstChild.checked = isPicked;
    node.classList.toggle('picked', isPicked);
    const badge = td[2].firstChild;
    say(badge, item.state === 'active' ? 'being tried' : item.state);
    say(td[2].lastChild, item.node ? `on ${oneLine(item.node, 40)}` : '');
    badge.className = `badge ${states[item.state] ?? ''}`;
    say(td[3].firstChild, `${who(item.from)} → ${recipients(item)}`);
    td[3].firstChild.title = item.to.join(', ');
    say(td[3].lastChild, reason(item));
    say(td[5], count(item.failures));
    say(td[7], size(item.octets));
    this.times(node);
  }

  times(node) {
    const item = node.__item;
    if (!item) return;
    const td = node.children;
    say(td[4], since(item.receivedAt));
    td[4].title = fullTime(item.receivedAt);
    say(td[6], until(item.nextAt));
    td[6].title = fullTime(item.nextAt);
  }

  // --- choosing and ordering --------------------------------------------------------------------------------------

  pick(key, is) {
    const item = this.items.find((i) => keyOf(i) === key);
    if (is && item) this.selected.set(key, item);
    else this.selected.delete(key);
    this.draw();
  }

  selectAll(is) {
    this.selected = new Map(is ? this.items.filter((i) => !this.orders.isGone(i)).map((i) => [keyOf(i), i]) : []);
    this.draw();
  }

  give(action) {
    const items = this.selected.size ? [...this.selected.values()] : [this.current].filter(Boolean);
    this.selected.clear();
    const next = this.current && items.includes(this.current) && (action === 'remove' || action === 'return') ? this.neighbour() : null;
    this.orders.give(action, items);
    next?.focus();
  }

  /** The row that has the focus. */
  get current() { return document.activeElement?.closest?.('.queue tbody tr')?.__item ?? null; }

  neighbour() {
    const row = document.activeElement.closest('tr');
    return (row.nextElementSibling ?? row.previousElementSibling)?.querySelector('a');
  }

  move(step) {
    const rows = [...this.body.children];
    const at = rows.indexOf(document.activeElement?.closest?.('tr'));
    rows[at < 0 ? 0 : at + step]?.querySelector('a').focus();
  }

  keys() {
    return keys('Queue', [
      [['j', 'ArrowDown'], 'the next message', (e) => e.key === 'j' || this.current ? void this.move(1) : false],
      [['k', 'ArrowUp'], 'the one before', (e) => e.key === 'k' || this.current ? void this.move(-1) : false],
      [['Enter', 'o'], 'open it', () => this.current ? void change({ message: this.current.id }) : false],
      ['x', 'select, for several at once', () => { const item = this.current; if (item) this.pick(keyOf(item), !this.selected.has(keyOf(item))); }],
      ['r', 'retry now', () => this.give('retry')],
      ['h', 'hold', () => this.give('hold')],
      ['e', 'release', () => this.give('release')],
      [['#', 'Delete'], 'remove', () => this.give('remove')],
      ['z', 'undo', () => this.orders.undo()],
      ['/', 'filter', () => this.filters.focus()],
      ['Escape', 'select none', () => { if (document.activeElement?.closest?.('.queue-filters')) document.activeElement.blur(); else if (this.selected.size) this.selectAll(false); else return false; }],
    ]);
  }
}

function nothingLeaves() {
  return h('section.card', null, h('div.empty', null,
    h('h2', null, 'Nothing leaves this machine'),
    h('p', null, isLaptop()
      ? 'This is the laptop profile: mail for every address of every domain stays here, in the mailboxes. The server has no way to send to another one, so a test can never reach a real person.'
      : 'This server delivers to its own mailboxes only; it does not relay to other servers (outbound.routes is empty), so nothing can wait here.'),
    h('p', null, 'What was accepted and is on its way to a mailbox is shown as the backlog on ', h('a', { href: '/live' }, 'Live'), '.',
      server?.storage ? ` Now: ${count(server.storage.backlog ?? 0)}.` : ''),
    h('p', null, 'To write to another server by hand, choose it in ', h('a', { href: '/compose' }, 'Compose'), '.')));
}

function tile(title, text = '') {
  const [value, foot] = [h('b', null, '–'), h('small', null, text)];
  return { value, foot, element: h('div.tile', null, h('span', null, title), value, foot) };
}
