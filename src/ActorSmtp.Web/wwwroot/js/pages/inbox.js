// The inbox: mailboxes, the list with live arrival, the message. The address says which mailbox, search and message.
import { get, path, pause, post, remove as removeAt, request } from '../api.js';
import { fill, h, icon, iconButton } from '../dom.js';
import * as events from '../events.js';
import { keys } from '../keys.js';
import { aloud, confirm, fault, toast, trouble } from '../notices.js';
import { change, go, here } from '../router.js';
import { VirtualList } from '../virtual-list.js';
import { Mailboxes } from '../inbox/mailboxes.js';
import { Reading } from '../inbox/reading.js';
import { SearchBox } from '../inbox/search.js';
import { drawRow } from '../inbox/row.js';
import { welcome, commands, what } from '../inbox/welcome.js';
import { copyable } from '../dom.js';
import { count, plural } from '../format.js';
import { exampleAddress } from '../server.js';
import { fromId, idOf, sender, subject } from '../inbox/where.js';

const pageSize = 100;
const mostKept = 100_000;
const mostAtOnce = 100;

export function open(place, query, session) {
  return new Inbox(place, query);
}

class Inbox {
  constructor(place, query) {
    this.selected = new Set();
    this.deleting = new Map();
    this.undoable = new Set();
    this.arrived = [];
    this.mailbox = null;
    this.query = '';
    this.search = new SearchBox({ onsearch: (text) => change({ q: text, message: null, tab: null }, { replace: true }) });
    this.mailboxes = new Mailboxes({ hrefOf: (name) => name === null ? '/inbox' : '/inbox?' + new URLSearchParams({ mailbox: name }) });
    this.mailboxes.onchange = () => this.drawHead();
    this.list = new VirtualList({
      label: 'Messages', rowHeight: () => 72, keyOf: idOf,
      draw: (m, row) => drawRow(m, row, { showMailbox: this.mailbox === null, selected: this.selected }),
      more: () => this.more(),
      onopen: (m) => this.openMessage(m),
      onpick: (m, e) => { if (e.ctrlKey || e.metaKey) { this.pick(m); return true; } return false; },
    });
    this.reading = new Reading({
      back: () => this.back(), remove: (m) => this.remove([m]), changed: (m) => this.changed(m), move: (step) => this.list.move(step),
      tab: (name, isFirst) => change({ tab: isFirst ? null : name }, { replace: true }),
    });
    this.head = h('div.list-head');
    this.page = h('div.inbox', null,
      this.mailboxes.element,
      h('section.messages', { 'aria-label': 'Messages' }, this.search.element, this.head, this.list.element),
      this.reading.element);
    fill(place, this.page);
    this.stops = [
      events.on('message', (m) => this.arrive(m)),
      events.on('message-changed', (m) => this.changed(m)),
      events.on('message-removed', (gone) => this.removed(gone)),
      events.on('lease', () => this.mailboxes.refresh()),
      events.on('again', () => this.again()),
      this.keys(),
    ];
    events.want({ types: ['message', 'message-changed', 'message-removed', 'lease'] });
    this.onhide = () => this.flushDeletes();
    addEventListener('pagehide', this.onhide);
    this.mailboxes.load();
    this.moved(query, true);
  }

  leave() {
    // Nobody can take back here what was deleted there: the notices go, and with them the mail.
    for (const notice of [...this.undoable]) notice.close();
    removeEventListener('pagehide', this.onhide);
    for (const stop of this.stops) stop();
    clearTimeout(this.arrivals);
    clearTimeout(this.searchSoon);
    this.loading?.abort();
    this.reading.close();
    this.list.dispose();
    this.mailboxes.dispose();
  }

  /** The address is another one. */
  moved(query, first) {
    const mailbox = query.get('mailbox');
    const q = query.get('q') ?? '';
    const id = query.get('message');
    this.search.show(q);
    if (first || mailbox !== this.mailbox || q !== this.query) {
      this.mailbox = mailbox;
      this.query = q;
      this.selected.clear();
      this.mailboxes.mark(mailbox);
      document.title = `${mailbox ?? 'Inbox'} · ActorSmtp`;
      this.load();
    }
    this.showMessage(id, query.get('tab'));
  }

  showMessage(id, tab) {
    const named = id && fromId(id);
    this.page.classList.toggle('has-message', !!named);
    if (!named) { this.list.current = null; this.list.redraw(); this.idle(); return; }
    if (this.list.current !== id) this.list.select(id, false);
    this.reading.open(id, this.list.currentItem ?? named, tab);
  }

  openMessage(m) {
    const id = idOf(m);
    const was = here().query.get('message');
    // From message to message the history does not grow: "back" goes to the list.
    change({ message: id, tab: this.reading.tab && was ? this.reading.tab : null }, { replace: !!was });
  }

  back() {
    change({ message: null, tab: null });
    this.list.space.focus();
  }

  // --- the list ---------------------------------------------------------------------------------------------------

  where(cursor, limit = pageSize) {
    return path(this.mailbox === null ? ['messages'] : ['mailboxes', this.mailbox, 'messages'], { q: this.query, limit, cursor });
  }

  async load() {
    this.loading?.abort();
    const { signal } = this.loading = new AbortController();
    this.cursor = null;
    this.busy = true;
    this.loaded = false;
    this.arrived = [];
    this.list.element.setAttribute('aria-busy', 'true');
    const slow = setTimeout(() => { this.list.set([], false); this.list.say(h('p.soft.padded', null, this.query ? 'Searching…' : 'Reading…')); }, 200);
    try {
      const answer = await get(this.where(null), { signal });
      clearTimeout(slow);
      this.cursor = answer.next;
      this.busy = false;
      this.loaded = true;
      this.list.element.dataset.mailbox = this.mailbox ?? '';
      this.list.set(answer.items.filter((m) => !this.deleting.has(idOf(m))), !!answer.next);
      this.list.element.scrollTop = 0;
      this.foot(answer);
      this.search.complain('');
      const id = here().query.get('message');
      if (id) this.list.select(id, false);
      else this.idle();
      if (this.query) aloud(plural(answer.items.length, 'message') + (answer.next ? ' and more' : '') + ' found');
    } catch (problem) {
      clearTimeout(slow);
      if (problem.name === 'AbortError') return;
      this.list.set([], false);
      if (problem.status === 400 && this.query) {
        this.search.complain(problem.errors.q?.[0] ?? problem.message);
        this.list.say();
      } else if (problem.status === 404 && this.mailbox !== null) {
        this.list.say(h('p.soft.padded', null, `There is no mailbox ${this.mailbox} (yet). It is made by its first mail.`));
        this.loaded = true;
        this.idle();
      } else {
        this.list.say(h('div.padded', null, trouble(problem, () => this.load())));
      }
    } finally {
      if (!signal.aborted) { this.busy = false; this.list.element.removeAttribute('aria-busy'); this.drawHead(); }
    }
  }

  async more() {
    if (this.busy || !this.cursor) return;
    this.busy = true;
    const { signal } = this.loading;
    try {
      const answer = await get(this.where(this.cursor), { signal });
      this.cursor = answer.next;
      this.list.append(answer.items, !!answer.next);
      this.foot(answer);
      this.busy = false;
      // A search that has looked through many bodies and found nothing goes on while the reader waits at the end.
      if (answer.next && !answer.items.length) this.searchSoon = setTimeout(() => this.more(), 50);
    } catch (problem) {
      if (problem.name === 'AbortError') return;
      this.busy = false;
      this.list.hasMore = false;
      this.list.say(h('div.padded', null, trouble(problem, () => { this.list.hasMore = true; this.more(); })));
    }
    this.drawHead();
  }

  foot(answer) {
    const n = this.list.items.length;
    if (answer.next) this.list.say(h('p.soft.padded', null, answer.complete === false ? `Looking further back… ${plural(n, 'message')} so far` : 'More…'));
    else if (n === 0 && this.query) this.list.say(h('p.soft.padded', null, 'No message matches. ', h('button.button.tiny', { type: 'button', onclick: () => change({ q: null }) }, 'Show all')));
    else this.list.say(n > 20 ? h('p.faint.padded.end', null, 'That is all.') : null);
  }

  drawHead() {
    const picked = this.selected.size;
    const known = this.mailbox === null ? (this.mailboxes.next || this.mailboxes.filter ? null : this.mailboxes.items.reduce((n, m) => n + m.messages, 0))
      : this.mailboxes.items.find((m) => m.name === this.mailbox)?.messages;
    const shown = this.list.items.length;
    const number = this.query ? `${count(shown)}${this.cursor ? '+' : ''} found` : known === null || known === undefined ? '' : plural(Math.max(known, this.cursor ? shown : 0), 'message');
    const text = `${picked}|${number}|${this.mailbox}|${shown > 0}`;
    if (this.headText === text) return;
    this.headText = text;
    fill(this.head,
      h('button.button.plain.tiny.pick-mailbox', { type: 'button', 'aria-expanded': String(this.page.classList.contains('choosing')), onclick: () => this.choose() }, icon('inbox', true), h('span.clip', null, this.mailbox ?? 'All mail'), ' ▾'),
      picked ? [h('span.soft', null, `${picked} selected`), h('div.grow'),
        h('button.button.tiny', { type: 'button', onclick: () => this.markPicked('seen') }, 'Read'),
        h('button.button.tiny.danger', { type: 'button', onclick: () => this.remove(this.pickedItems()) }, 'Delete'),
        h('button.button.tiny.plain', { type: 'button', onclick: () => this.unpick() }, 'None')]
        : [h('span.soft.clip', null, number), h('div.grow'),
          iconButton('refresh', 'Read the list again (r)', () => { this.mailboxes.load(); this.load(); }),
          shown && this.mailbox !== null && !this.query ? iconButton('trash', 'Delete everything in this mailbox', () => this.empty()) : null]);
  }

  choose(open = !this.page.classList.contains('choosing')) {
    this.page.classList.toggle('choosing', open);
    this.headText = null;
    this.drawHead();
    if (open) {
      this.mailboxes.element.querySelector('a')?.focus();
      this.mailboxes.element.addEventListener('click', (e) => { if (e.target.closest('a')) this.choose(false); }, { once: true });
    }
  }

  /** What the right side shows while no message is open. */
  idle() {
    const empty = this.loaded && !this.list.items.length && !this.query;
    this.page.classList.toggle('is-empty', empty);
    if (this.idleFor === `${empty}|${this.mailbox}` && !this.reading.id && this.reading.element.firstChild) return;
    this.idleFor = `${empty}|${this.mailbox}`;
    if (empty) { this.list.say(); this.reading.close(welcome(this.mailbox)); return; }
    if (!this.loaded) { this.reading.close(); return; }
    const to = this.mailbox?.includes('@') ? this.mailbox : exampleAddress();
    this.reading.close(h('section.empty', null, h('h2', null, 'Choose a message'), h('p', null, what()),
      h('p', null, h('kbd', null, 'j'), ' ', h('kbd', null, 'k'), ' to move, ', h('kbd', null, '/'), ' to search, ', h('kbd', null, '?'), ' for all keys.'),
      copyable(commands(to)[0][1])));
  }

  // --- what happens meanwhile -------------------------------------------------------------------------------------

  arrive(m) {
    this.mailboxes.refresh();
    if (this.mailbox !== null && m.mailbox !== this.mailbox) return;
    this.arrived.push(m);
    if (!this.arrivals) this.arrivals = setTimeout(() => { this.arrivals = null; this.takeIn(); }, 200);
  }

  takeIn() {
    const batch = this.arrived;
    this.arrived = [];
    if (!this.loaded || !batch.length) return;
    if (this.query) { this.again(); return; }
    // A flood is read as a page instead of one by one.
    if (batch.length > mostAtOnce) { this.again(); return; }
    const wasEmpty = !this.list.items.length;
    let fresh = 0;
    for (const m of batch) if (!this.deleting.has(idOf(m)) && this.list.prepend(m)) fresh++;
    this.trim();
    if (fresh) aloud(fresh === 1 ? `New message from ${sender(batch.at(-1))}: ${subject(batch.at(-1))}` : `${fresh} new messages`);
    if (wasEmpty) { this.list.say(); if (!this.reading.id) this.idle(); }
    this.drawHead();
  }

  trim() {
    if (this.list.items.length <= mostKept) return;
    this.list.items.length = mostKept;
    this.cursor = null;
    this.list.hasMore = false;
    this.list.reindex();
    this.list.say(h('p.soft.padded', null, 'Older messages are found by searching.'));
  }

  /** Events may have been missed, or there were too many: the first page is read again and laid over what is known. */
  async again() {
    this.mailboxes.refresh();
    if (!this.loaded || this.readingAgain) { this.onceMore = !!this.readingAgain; return; }
    this.readingAgain = true;
    const began = Date.now();
    const { signal } = this.loading;
    try {
      const answer = await get(this.where(null), { signal });
      const items = answer.items.filter((m) => !this.deleting.has(idOf(m)));
      const known = items.some((m) => this.list.index.has(idOf(m)));
      if (known && this.list.items.length > items.length) {
        // Newer ones on top; of those which the page covers, only what it still has.
        const now = new Set(items.map(idOf));
        const lastKnown = items.map((m) => this.list.index.get(idOf(m))).filter((at) => at !== undefined).at(-1);
        const rest = this.list.items.slice(lastKnown + 1).filter((m) => !now.has(idOf(m)));
        this.list.set([...items, ...rest], !!this.cursor);
      } else {
        this.cursor = answer.next;
        this.list.set(items, !!answer.next);
        this.foot(answer);
      }
      if (!this.reading.id) this.idle();
    } catch (problem) {
      if (problem.name !== 'AbortError' && problem.status !== 0 && problem.status !== 404) fault(problem);
    } finally {
      // Not more than every three seconds, less in a flood and where it takes long, whatever arrives: who looks on must not slow the mail.
      const now = Date.now();
      events.when(now, pause(now - began), () => { this.readingAgain = false; if (this.onceMore) { this.onceMore = false; this.again(); } });
    }
    this.drawHead();
  }

  changed(m) {
    this.list.replace(m);
    this.reading.update(m);
    this.mailboxes.refresh();
  }

  removed(gone) {
    this.mailboxes.refresh();
    if (gone.all) {
      if (this.mailbox === gone.mailbox || this.mailbox === null) this.load();
      return;
    }
    this.list.take(gone.keys.map((key) => idOf({ mailbox: gone.mailbox, key })));
    if (!this.reading.id) this.idle();
    this.drawHead();
  }

  // --- deleting, with a way back ----------------------------------------------------------------------------------

  /** Takes them from the list at once and from the server when the notice goes; until then "Undo" has nothing to repair. */
  remove(messages) {
    if (!messages.length) return;
    const ids = messages.map(idOf);
    const wasOpen = ids.includes(this.reading.id);
    const next = wasOpen || ids.includes(this.list.current) ? this.list.neighbour(ids) : null;
    for (const m of messages) this.deleting.set(idOf(m), m);
    const gone = this.list.take(ids);
    const { mailbox, query } = this;
    this.selected.clear();
    const notice = this.lastUndo = toast(messages.length === 1 ? `Deleted "${subject(messages[0]).slice(0, 40)}"` : `Deleted ${plural(messages.length, 'message')}`, {
      action: 'Undo',
      onaction: () => {
        this.undoable.delete(notice);
        for (const id of ids) this.deleting.delete(id);
        // Another list may be there by now; those which are of it come with what the server says.
        if (mailbox === this.mailbox && query === this.query) this.list.putBack(gone);
        else if (this.mailbox === null || messages.some((m) => m.mailbox === this.mailbox)) this.load();
        this.mailboxes.refresh();
        this.drawHead();
        if (!this.reading.id) this.idle();
      },
      after: () => { this.undoable.delete(notice); this.delete(messages); },
    });
    this.undoable.add(notice);
    if (wasOpen) {
      if (next) { this.list.select(next, false); change({ message: next, tab: null }, { replace: true }); }
      else change({ message: null, tab: null }, { replace: true });
    } else if (next) {
      this.list.select(next, false);
    }
    if (!this.reading.id) this.idle();
    this.headText = null;
    this.drawHead();
  }

  async delete(messages, keepalive = false) {
    const byMailbox = Map.groupBy(messages.filter((m) => this.deleting.has(idOf(m))), (m) => m.mailbox);
    for (const [mailbox, list] of byMailbox) {
      for (let i = 0; i < list.length; i += 1000) {
        const part = list.slice(i, i + 1000);
        try {
          await request('POST', path(['mailboxes', mailbox, 'actions']), { action: 'delete', keys: part.map((m) => m.key) }, { keepalive });
        } catch (problem) {
          fault(problem);
          for (const m of part) this.deleting.delete(idOf(m));
          this.again();
        }
        for (const m of part) this.deleting.delete(idOf(m));
      }
    }
    this.mailboxes.refresh();
  }

  /** The page goes: what was deleted is deleted now. */
  flushDeletes() {
    const left = [...this.deleting.values()];
    if (left.length) this.delete(left, true);
  }

  async empty() {
    const name = this.mailbox;
    if (!await confirm({ title: 'Delete all of this mail?', text: `Every message in ${name} is deleted for good. This cannot be undone.`, action: 'Delete all' })) return;
    try {
      const { removed } = await removeAt(path(['mailboxes', name, 'messages']));
      toast(`Deleted ${plural(removed, 'message')}`);
      this.load();
      this.mailboxes.load();
    } catch (problem) {
      fault(problem);
    }
  }

  // --- several at once --------------------------------------------------------------------------------------------

  pick(m) {
    const id = idOf(m);
    if (!this.selected.delete(id)) this.selected.add(id);
    this.list.redraw();
    this.drawHead();
  }

  unpick() {
    this.selected.clear();
    this.list.redraw();
    this.drawHead();
  }

  pickedItems() { return this.list.items.filter((m) => this.selected.has(idOf(m))); }

  async markPicked(action) {
    const byMailbox = Map.groupBy(this.pickedItems(), (m) => m.mailbox);
    try {
      for (const [mailbox, list] of byMailbox) await post(path(['mailboxes', mailbox, 'actions']), { action, keys: list.slice(0, 1000).map((m) => m.key) });
      this.unpick();
    } catch (problem) {
      fault(problem);
    }
  }

  keys() {
    const current = () => this.list.currentItem;
    return keys('Inbox', [
      [['j', 'ArrowDown'], 'the next message', (e) => e.key === 'j' || document.activeElement === this.list.space ? void this.list.move(1) : false],
      [['k', 'ArrowUp'], 'the one before', (e) => e.key === 'k' || document.activeElement === this.list.space ? void this.list.move(-1) : false],
      [['Enter', 'o'], 'open it', () => { const m = current(); if (!m) return false; this.openMessage(m); this.reading.element.focus(); }],
      [['u', 'Escape'], 'back to the list', () => { if (this.selected.size) this.unpick(); else if (this.reading.id) this.back(); else return false; }],
      ['/', 'search', () => this.search.focus()],
      [['#', 'Delete'], 'delete', () => { const m = this.pickedItems(); if (m.length) this.remove(m); else if (current()) this.remove([current()]); }],
      ['z', 'undo the deletion', () => this.lastUndo?.undo()],
      ['x', 'select, for several at once', () => { const m = current(); if (m) this.pick(m); }],
      ['m', 'read or unread', () => this.reading.id ? void this.reading.markSeen() : false],
      ['s', 'flag', () => this.reading.id ? void this.reading.toggleFlag() : false],
      ['t', 'add a tag', () => this.reading.id ? void this.reading.focusTag() : false],
      [']', 'the next view of the message', () => this.reading.nextTab(1)],
      ['[', 'the view before', () => this.reading.nextTab(-1)],
      ['r', 'read the list again', () => { this.mailboxes.load(); this.load(); }],
    ]);
  }
}
