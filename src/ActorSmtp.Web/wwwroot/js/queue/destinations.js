// How much waits for whom, the most first: where something is wrong shows here before anywhere else.
import { get, path } from '../api.js';
import { fill, h, keep, say } from '../dom.js';
import { count, fullTime, oneLine } from '../format.js';
import { trouble } from '../notices.js';
import { change } from '../router.js';
import { since, until } from './words.js';

const few = 8;
const most = 200;

export class Destinations {
  /** `order(action, destination, words)` does something with all mail for one. */
  constructor(order) {
    this.order = order;
    this.limit = few;
    this.items = [];
    this.body = h('tbody');
    this.note = h('div');
    this.more = h('button.button.tiny', { type: 'button', onclick: () => { this.limit = this.limit === few ? most : few; this.load(); } });
    this.table = h('div.table-wrap', null, h('table.table.destinations', null,
      h('thead', null, h('tr', null, ['Destination', 'Messages', 'Active', 'Held', 'Oldest', 'Next attempt', 'Why', ''].map((t, i) => h('th', { scope: 'col', class: i > 0 && i < 4 ? 'num' : null }, t || h('span.aloud', null, 'Actions'))))), this.body));
    this.element = h('section.card', { hidden: true, 'aria-label': 'By destination' }, h('header', null, h('h2', null, 'By destination'), this.more), this.table, this.note);
  }

  async load() {
    const turn = this.turn = (this.turn ?? 0) + 1;
    try {
      const answer = await get(path(['queue', 'totals'], { limit: this.limit + (this.limit < most ? 1 : 0) }));
      if (turn !== this.turn) return;
      fill(this.note);
      this.all = answer.totals.destinations;
      this.items = answer.items.slice(0, this.limit);
      this.draw();
    } catch (problem) {
      if (turn === this.turn && problem.status !== 0) fill(this.note, h('div.padded', null, trouble(problem, () => this.load())));
    }
  }

  draw() {
    this.element.hidden = !this.items.length;
    this.more.hidden = this.limit === few && this.all <= few;
    say(this.more, this.limit === few ? `The ${count(Math.min(this.all, most))} largest` : 'Fewer');
    keep(this.body, this.items, (d) => d.destination, (d) => this.row(d), (node, d) => this.update(node, d));
  }

  row(d) {
    const name = oneLine(d.destination, 200);
    const button = (action, text) => h('button.button.tiny', { type: 'button', 'aria-label': `${text} all mail for ${name}`, onclick: () => this.order(action, d.destination, `mail for ${name}`) }, text);
    return h('tr', null,
      h('th', { scope: 'row' }, h('a', { href: '/queue?' + new URLSearchParams({ destination: d.destination }) }, name)),
      h('td.num'), h('td.num'), h('td.num'), h('td.nowrap'), h('td.nowrap'), h('td.why'), h('td.num.nowrap', null, button('retry', 'Retry'), ' ', button('hold', 'Hold'), ' ', button('release', 'Release')));
  }

  update(node, d) {
    const td = node.children;
    say(td[1], count(d.messages));
    say(td[2], d.active ? count(d.active) : '');
    say(td[3], d.held ? count(d.held) : '');
    say(td[4], since(d.oldestAt));
    td[4].title = fullTime(d.oldestAt);
    say(td[5], d.restsUntil ? `rests, ${until(d.restsUntil)}` : until(d.nextAt));
    td[5].title = fullTime(d.restsUntil ?? d.nextAt);
    say(td[6], d.why ? oneLine(d.why, 300) : '');
    const buttons = td[7].querySelectorAll('button');
    buttons[1].hidden = d.held >= d.messages;
    buttons[2].hidden = !d.held;
  }

  /** Times go on. */
  tick() { if (!this.element.hidden) this.draw(); }
}
