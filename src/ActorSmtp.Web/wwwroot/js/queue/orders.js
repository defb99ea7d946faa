// Orders to the queue, with a way back: what is held can be released again, what is removed is removed when the notice goes.
import { path, post, request } from '../api.js';
import { plural } from '../format.js';
import { confirm, fault, toast } from '../notices.js';

const done = { retry: 'to be tried now', hold: 'held', release: 'released', remove: 'removed', return: 'returned to its sender' };
const opposite = { hold: 'release', release: 'hold' };
const perRequest = 1000;

/** The key of a row: a message at a destination. */
export const keyOf = (item) => `${item.id}/${item.destination}`;

export class Orders {
  /** `changed()` is told when the list has to be read again. */
  constructor(changed) {
    this.changed = changed;
    this.removing = new Map();
    this.notices = new Set();
    this.onhide = () => this.flush();
    addEventListener('pagehide', this.onhide);
  }

  isGone(item) { return this.removing.has(keyOf(item)); }

  /** Does something with these rows. */
  async give(action, items) {
    if (!items.length) return;
    if (action === 'remove' || action === 'return') { this.takeAway(action, items); return; }
    const n = await this.send(action, items);
    if (n === null) return;
    const undo = opposite[action];
    this.last = n && undo ? this.note(tell(action, n), { action: 'Undo', onaction: () => this.send(undo, items) }) : toast(n ? tell(action, n) : nothing(action));
  }

  /** From the list at once, from the queue when the notice goes. */
  takeAway(action, items) {
    for (const item of items) this.removing.set(keyOf(item), { action, item });
    this.last = this.note(tell(action, items.length), {
      action: 'Undo',
      onaction: () => { for (const item of items) this.removing.delete(keyOf(item)); this.changed(); },
      after: () => this.remove(action, items),
    });
    this.changed();
  }

  note(text, options) {
    const notice = toast(text, {
      ...options,
      onaction: () => { this.notices.delete(notice); options.onaction(); },
      after: () => { this.notices.delete(notice); options.after?.(); },
    });
    this.notices.add(notice);
    return notice;
  }

  async remove(action, items, keepalive = false) {
    const left = items.filter((item) => this.removing.has(keyOf(item)));
    if (left.length) await this.send(action, left, keepalive);
    for (const item of items) this.removing.delete(keyOf(item));
    this.changed();
  }

  /** How many it was done to; null where it failed, which is said. */
  async send(action, items, keepalive = false) {
    let n = 0;
    try {
      for (const [destination, rows] of Map.groupBy(items, (item) => item.destination)) {
        for (let i = 0; i < rows.length; i += perRequest) {
          const response = await request('POST', path(['queue', 'actions']), { action, destination, ids: rows.slice(i, i + perRequest).map((r) => r.id) }, { keepalive });
          n += (await response.json()).changed;
        }
      }
    } catch (problem) {
      fault(problem);
      n = null;
    }
    if (!keepalive) this.changed();
    return n;
  }

  /** Everything that a filter names, after a question. */
  async giveAll(action, filter, words) {
    const what = words || 'the whole queue';
    const text = {
      retry: `An attempt is made now for ${what}, whatever the schedule says.`, hold: `No attempt is made for ${what} until it is released.`, release: `What is held of ${what} goes on at once.`,
      remove: `${capital(what)} is removed for good. Nobody is told. This cannot be undone.`, return: `${capital(what)} is given up now, and the senders are told that it could not be delivered. This cannot be undone.`,
    }[action];
    const name = { retry: 'Retry', hold: 'Hold', release: 'Release', remove: 'Remove', return: 'Return' }[action];
    if (!await confirm({ title: `${name} ${words ? 'all that matches' : 'the whole queue'}?`, text, action: `${name} all`, danger: action === 'remove' || action === 'return' })) return;
    try {
      const { changed } = await post(path(['queue', 'actions']), { action, ...filter, all: !words });
      toast(changed ? tell(action, changed) : nothing(action));
    } catch (problem) {
      fault(problem);
    }
    this.changed();
  }

  undo() { this.last?.undo?.(); }

  /** The page goes: what was removed is removed now. */
  flush() {
    for (const [action, rows] of Map.groupBy(this.removing.values(), (r) => r.action)) this.remove(action, rows.map((r) => r.item), true);
  }

  leave() {
    for (const notice of [...this.notices]) notice.close();
    removeEventListener('pagehide', this.onhide);
  }
}

const tell = (action, n) => `${plural(n, 'message')} ${action === 'return' && n > 1 ? 'returned to their senders' : done[action]}`;
const nothing = (action) => action === 'retry' ? 'Nothing to retry: what is held has to be released first' : action === 'release' ? 'Nothing of it is held' : 'Nothing was changed: it is so already, or has left the queue';
const capital = (text) => text[0].toUpperCase() + text.slice(1);
