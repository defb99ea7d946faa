// The nodes that share a database, read every two seconds: who lives, what it has in hand, how much it takes, and in what they were told otherwise.
import { get } from '../api.js';
import { fill, h, keep, say } from '../dom.js';
import { count, digits, fullTime, oneLine, plural, span } from '../format.js';
import { Reader } from './reader.js';

const kinds = { up: 'good', draining: 'warn', migrating: 'warn', gone: 'bad' };
const columns = [['Node'], ['State'], ['Version'], ['Up', 'num'], ['Seen', 'num', 'Its last sign of life; one comes each second'], ['In hand', 'num', 'Messages that it has claimed and not delivered'],
  ['Accepted', 'num', 'Messages since its start'], ['A second', 'num', 'Messages accepted a second, of late']];

export class Nodes {
  constructor() {
    this.before = new Map();
    this.body = h('tbody');
    this.number = h('span.soft');
    this.table = h('table.table.nodes', null, h('caption.aloud', null, 'Nodes'),
      h('thead', null, h('tr', null, columns.map(([text, kind, title]) => h('th', { scope: 'col', class: kind, title }, text)))), this.body);
    this.reader = new Reader(() => get('/api/nodes'), (answer) => this.draw(answer, Date.now()), this.table);
    this.differences = h('div');
    this.element = h('div.stack', null, h('section.card', null, h('header', null, h('h2', null, 'Nodes'), this.number), h('div.table-wrap', null, this.table), this.reader.note), this.differences);
    this.reader.start(this.element);
  }

  draw(answer, now) {
    const up = answer.nodes.filter((n) => n.state !== 'gone').length;
    say(this.number, answer.storage === 'postgres' ? `${count(up)} of ${count(answer.nodes.length)} alive` : 'alone: mail is kept in files');
    keep(this.body, answer.nodes, (n) => n.id, () => h('tr', null, h('th', { scope: 'row' }), h('td', null, h('span.badge')), columns.slice(2).map(([, kind]) => h('td', { class: kind ?? 'soft' }))), (node, n) => this.update(node, n, now));
    this.before = new Map(answer.nodes.map((n) => [n.id, this.before.has(n.id) && now - this.before.get(n.id).at < 8000 ? { ...this.before.get(n.id) } : { at: now, stored: n.stored }]));
    const text = JSON.stringify(answer.differences);
    if (text === this.told) return;
    this.told = text;
    fill(this.differences, answer.differences.length ? h('section.card', { 'aria-label': 'Differences' },
      h('header', null, h('h2', null, 'Told otherwise'), h('span.soft', null, plural(answer.differences.length, 'setting'))),
      h('p.padded.soft', null, 'Nodes of one database should be told the same. What differs is shown here until it does not any more.'),
      h('div.table-wrap', null, h('table.table.differences', null, h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Setting'), h('th', { scope: 'col' }, 'Node'), h('th', { scope: 'col' }, 'Value'))),
        h('tbody', null, answer.differences.map((d) => d.values.map((v, i) => h('tr', null, i === 0 ? h('th', { scope: 'row', rowspan: String(d.values.length) }, h('code', null, oneLine(d.key, 120))) : null, h('td', null, oneLine(v.node, 80)), h('td', null, oneLine(v.value, 400))))))))) : null);
  }

  update(node, n, now) {
    const td = node.children;
    say(td[0], oneLine(n.name, 80) + (n.this ? ' (asked here)' : ''));
    td[0].title = n.id;
    say(td[1].firstChild, n.state);
    td[1].firstChild.className = `badge ${kinds[n.state] ?? ''}`;
    say(td[2], oneLine(n.version, 40));
    say(td[3], n.state === 'gone' ? '' : span(Math.floor((now - Date.parse(n.startedAt)) / 1000) * 1000));
    td[3].title = fullTime(n.startedAt);
    say(td[4], n.seenSecondsAgo < 2 ? 'now' : `${span(Math.floor(n.seenSecondsAgo) * 1000)} ago`);
    td[4].className = n.state !== 'gone' && n.seenSecondsAgo > 5 ? 'num warn' : 'num';
    say(td[5], count(n.held));
    say(td[6], count(n.stored));
    const before = this.before.get(n.id);
    say(td[7], n.state === 'gone' ? '' : before && now - before.at > 1000 ? digits(Math.max(0, n.stored - before.stored) * 1000 / (now - before.at)) : '–');
  }

  dispose() { this.reader.stop(); }
}
