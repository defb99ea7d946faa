// The mailboxes beside the list: counts that follow what arrives, a filter when there are many.
import { get, path, pause } from '../api.js';
import { fill, h, icon, keep, say } from '../dom.js';
import { when } from '../events.js';
import { count } from '../format.js';
import { trouble } from '../notices.js';

const page = 200;
const filterFrom = 12;

export class Mailboxes {
  constructor({ hrefOf }) {
    this.hrefOf = hrefOf;
    this.items = [];
    this.next = null;
    this.filter = '';
    this.current = null;
    this.list = h('div.mailbox-list');
    this.all = this.row({ name: null });
    this.input = h('input.input', { type: 'search', placeholder: 'Find a mailbox', 'aria-label': 'Find a mailbox', hidden: true, autocomplete: 'off', spellcheck: 'false', oninput: () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { this.filter = this.input.value.trim(); this.load(); }, 250);
    } });
    this.moreButton = h('button.button.plain', { type: 'button', hidden: true, onclick: () => this.load(true) }, 'More mailboxes');
    this.element = h('nav.mailboxes', { 'aria-label': 'Mailboxes' }, this.input, this.all, this.list, this.moreButton);
  }

  async load(more = false) {
    const turn = this.turn = (this.turn ?? 0) + 1;
    const began = Date.now();
    try {
      const answer = await get(path(['mailboxes'], { limit: page, q: this.filter, cursor: more ? this.next : null }));
      this.pause = pause(Date.now() - began);
      if (turn !== this.turn) return;
      this.items = more ? [...this.items, ...answer.items] : answer.items;
      this.next = answer.next;
      if (!this.filter) this.input.hidden = this.items.length < filterFrom;
      this.draw();
    } catch (problem) {
      if (turn === this.turn) fill(this.list, trouble(problem, () => this.load()));
      this.list.__kept = undefined;
    }
  }

  /** Something changed: read the counts again, soon but not for every mail of a flood. */
  refresh() {
    if (this.waiting) return;
    const last = this.last ?? 0;
    this.waiting = when(last, Math.max(Date.now() + 800 - last, this.pause ?? 3000), () => { this.waiting = null; this.last = Date.now(); if (!document.hidden) this.load(); });
  }

  mark(name) {
    this.current = name;
    this.draw();
  }

  draw() {
    const total = this.items.reduce((n, m) => ({ unseen: n.unseen + m.unseen, messages: n.messages + m.messages }), { unseen: 0, messages: 0 });
    // The sum is true only if all mailboxes are known.
    this.update(this.all, { name: null, ...(this.next || this.filter ? {} : total) });
    keep(this.list, this.items, (m) => m.name, (m) => this.row(m), (node, m) => this.update(node, m));
    this.moreButton.hidden = !this.next;
    this.onchange?.(this);
  }

  row(m) {
    return h('a.mailbox', { title: m.name ?? 'Every mailbox' }, m.name === null ? icon('inbox', true) : m.lease ? icon('leases', true) : null,
      h('span.clip.grow', null, m.name ?? 'All mail'), h('span.count'));
  }

  update(node, m) {
    node.setAttribute('href', this.hrefOf(m.name));
    const here = m.name === this.current;
    if (here) node.setAttribute('aria-current', 'true'); else node.removeAttribute('aria-current');
    node.classList.toggle('unseen', m.unseen > 0);
    const number = node.querySelector('.count');
    say(number, m.unseen > 0 ? count(m.unseen) : m.messages > 0 ? count(m.messages) : '');
    number.title = m.messages === undefined ? '' : `${count(m.unseen)} unread of ${count(m.messages)}`;
  }

  dispose() { this.waiting?.(); clearTimeout(this.timer); }
}
