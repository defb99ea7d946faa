// A list of any length in a bounded number of elements. Rows have one height; only those in sight (and some beside
// them) exist. The rows' data comes page by page, asked for as the reader nears the end of what is known.
import { h, fill } from './dom.js';

const beside = 8;

/**
 * new VirtualList({ label, rowHeight, keyOf, draw(item, row), more(), onopen(item), emptyNode })
 * `draw` fills a row (an element that is used again for other items). `more` is called when further items are wanted.
 */
export class VirtualList {
  constructor(options) {
    this.options = options;
    this.items = [];
    this.index = new Map();
    this.current = null;
    this.rows = new Map();
    this.spare = [];
    this.hasMore = false;
    this.space = h('div.rows', { role: 'listbox', 'aria-label': options.label, tabindex: '0' });
    this.foot = h('div.list-foot');
    this.element = h('div.list', null, this.space, this.foot);
    this.element.addEventListener('scroll', () => this.schedule(), { passive: true });
    this.space.addEventListener('click', (e) => this.clicked(e));
    this.space.addEventListener('focus', () => { if (!this.current && this.items.length) this.select(this.keyAt(0), false); });
    this.sizes = new ResizeObserver(() => this.schedule());
    this.sizes.observe(this.element);
  }

  keyAt(i) { return this.options.keyOf(this.items[i]); }

  /** All items anew; the place of the reader is kept as far as it can be. */
  set(items, hasMore) {
    this.items = [...new Map(items.map((item) => [this.options.keyOf(item), item])).values()];
    this.hasMore = hasMore;
    this.reindex();
    this.redraw();
  }

  append(items, hasMore) {
    for (const item of items) {
      const key = this.options.keyOf(item);
      if (!this.index.has(key)) { this.index.set(key, this.items.length); this.items.push(item); }
    }
    this.hasMore = hasMore;
    this.redraw();
  }

  /** A new one on top. Who has scrolled down keeps what they read in its place. */
  prepend(item) {
    const key = this.options.keyOf(item);
    if (this.index.has(key)) { this.replace(item); return false; }
    this.items.unshift(item);
    this.reindex();
    const scrolled = this.element.scrollTop;
    this.redraw();
    if (scrolled > 4) { this.element.scrollTop = scrolled + this.options.rowHeight(); this.paint(); }
    return true;
  }

  replace(item) {
    const at = this.index.get(this.options.keyOf(item));
    if (at === undefined) return;
    this.items[at] = item;
    this.redraw();
  }

  /** Answers the items taken out, with where they stood. */
  take(keys) {
    const gone = [];
    const set = new Set(keys);
    this.items = this.items.filter((item, at) => {
      if (!set.has(this.options.keyOf(item))) return true;
      gone.push({ item, at });
      return false;
    });
    if (gone.length) { this.reindex(); this.redraw(); }
    return gone;
  }

  putBack(gone) {
    for (const { item, at } of gone) {
      if (!this.index.has(this.options.keyOf(item))) this.items.splice(Math.min(at, this.items.length), 0, item);
    }
    this.reindex();
    this.redraw();
  }

  reindex() {
    this.index = new Map(this.items.map((item, at) => [this.options.keyOf(item), at]));
  }

  get currentItem() {
    const at = this.index.get(this.current);
    return at === undefined ? null : this.items[at];
  }

  select(key, open = true) {
    this.current = key;
    this.redraw();
    const at = this.index.get(key);
    if (at !== undefined) {
      this.show(at);
      if (open) this.options.onopen?.(this.items[at]);
    }
  }

  /** To the next (+1) or the one before; answers false at the end. */
  move(step) {
    const at = this.index.get(this.current);
    const next = at === undefined ? 0 : at + step;
    if (next < 0 || next >= this.items.length) {
      if (next >= this.items.length && this.hasMore) this.options.more();
      return false;
    }
    this.select(this.keyAt(next));
    return true;
  }

  /** The key to stand on after these are gone: the one after, else the one before. */
  neighbour(keys) {
    const set = new Set(keys);
    const at = this.index.get(this.current) ?? 0;
    for (let i = at; i < this.items.length; i++) if (!set.has(this.keyAt(i))) return this.keyAt(i);
    for (let i = Math.min(at, this.items.length - 1); i >= 0; i--) if (!set.has(this.keyAt(i))) return this.keyAt(i);
    return null;
  }

  show(at) {
    const height = this.options.rowHeight();
    const top = at * height;
    const view = this.element;
    if (top < view.scrollTop) view.scrollTop = top;
    else if (top + height > view.scrollTop + view.clientHeight) view.scrollTop = top + height - view.clientHeight;
    this.paint();
  }

  clicked(e) {
    const row = e.target.closest('.row');
    if (!row) return;
    const at = this.index.get(row.dataset.key);
    if (at === undefined) return;
    if (this.options.onpick?.(this.items[at], e)) return;
    this.select(row.dataset.key);
  }

  schedule() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.paint(); });
  }

  redraw() {
    this.stale = true;
    this.paint();
  }

  paint() {
    const height = this.options.rowHeight();
    const count = this.items.length;
    const view = this.element;
    if (this.tall !== count * height) { this.tall = count * height; this.space.style.height = `${this.tall}px`; }
    const first = Math.max(0, Math.floor(view.scrollTop / height) - beside);
    const last = Math.min(count - 1, Math.ceil((view.scrollTop + Math.max(view.clientHeight, height)) / height) + beside);
    for (const [key, row] of this.rows) {
      const at = this.index.get(key);
      if (at === undefined || at < first || at > last) { this.rows.delete(key); row.remove(); if (this.spare.length < 30) this.spare.push(row); }
    }
    let place = this.space.firstElementChild;
    for (let at = first; at <= last; at++) {
      const key = this.keyAt(at);
      let row = this.rows.get(key);
      const fresh = !row;
      if (fresh) {
        row = this.spare.pop() ?? h('div.row', { role: 'option' });
        row.dataset.key = key;
        row.id = `row-${++serial}`;
        this.rows.set(key, row);
      }
      // In the order of the list, for those who hear it.
      if (row === place) place = place.nextElementSibling;
      else this.space.insertBefore(row, place);
      const top = `translateY(${at * height}px)`;
      if (row.style.transform !== top) row.style.transform = top;
      if (row.style.height !== `${height}px`) row.style.height = `${height}px`;
      if (fresh || this.stale) {
        row.setAttribute('aria-posinset', at + 1);
        row.setAttribute('aria-setsize', this.hasMore ? -1 : count);
        row.setAttribute('aria-selected', key === this.current);
        this.options.draw(this.items[at], row);
      }
    }
    this.stale = false;
    const active = this.rows.get(this.current);
    if (active) this.space.setAttribute('aria-activedescendant', active.id);
    else this.space.removeAttribute('aria-activedescendant');
    if (this.hasMore && last >= count - 20) this.options.more();
  }

  /** What stands below the last row: "looking…", "that is all", an empty state. */
  say(...children) { fill(this.foot, ...children); }

  dispose() { this.sizes.disconnect(); if (this.waiting) cancelAnimationFrame(this.waiting); }
}

let serial = 0;
