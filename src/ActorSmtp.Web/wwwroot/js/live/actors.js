// The tree of actors, read every two seconds: who lives, what waits for it, how often it was started again.
import { get, path } from '../api.js';
import { fill, h, icon } from '../dom.js';
import { count, fullTime, oneLine, span } from '../format.js';
import { Reader } from './reader.js';

const mostChildren = 50;

export class Actors {
  constructor() {
    this.closed = new Set();
    this.more = new Set();
    this.body = h('tbody');
    this.number = h('span.soft');
    this.table = h('table.table.actors', { role: 'treegrid', 'aria-label': 'Actors' },
      h('thead', null, h('tr', null, [['Actor'], ['Kind'], ['State'], ['Waiting', 'num', 'Messages in its mailbox'], ['Restarts', 'num'], ['Age', 'num']].map(([t, c, title]) => h('th', { scope: 'col', class: c, title }, t)))), this.body);
    this.reader = new Reader(() => get(path(['actors'], { depth: 5 })), (tree) => { this.tree = tree; this.draw(); }, this.table);
    this.element = h('section.card', null, h('header', null, h('h2', null, 'Actors'), this.number), h('div.table-wrap', null, this.table), this.reader.note);
    this.reader.start(this.element);
  }

  draw() {
    // Whoever stands on a row of it with the keyboard keeps standing there.
    const focused = this.body.contains(document.activeElement) ? document.activeElement.dataset.path : null;
    let total = 0;
    const rows = [];
    const walk = (node, level) => {
      total++;
      const children = node.children ?? [];
      const open = !this.closed.has(node.path);
      rows.push(this.row(node, level, open));
      if (!open) { total += node.childCount ?? children.length; return; }
      const cap = this.more.has(node.path) ? 500 : mostChildren;
      for (const child of children.slice(0, cap)) walk(child, level + 1);
      const left = (node.childCount ?? children.length) - Math.min(children.length, cap);
      if (left > 0 && children.length) {
        total += left;
        rows.push(h('tr', { 'aria-level': level + 2 }, h('td', { colspan: '6' }, this.indent(level + 1), h('span.soft', null, `and ${count(left)} more `),
          children.length > cap ? h('button.button.tiny', { type: 'button', onclick: () => { this.more.add(node.path); this.draw(); } }, 'Show') : null)));
      }
    };
    walk(this.tree, 0);
    fill(this.body, rows);
    this.number.textContent = `${count(total)} alive`;
    if (focused) this.body.querySelector(`[data-path="${CSS.escape(focused)}"]`)?.focus();
  }

  indent(level) {
    const space = h('span.indent');
    space.style.width = `${level * 18}px`;
    return space;
  }

  row(node, level, open) {
    const has = (node.childCount ?? node.children?.length ?? 0) > 0;
    const toggle = () => { if (open) this.closed.add(node.path); else this.closed.delete(node.path); this.draw(); };
    const depth = node.mailboxDepth ?? 0;
    return h('tr', { role: 'row', 'aria-level': level + 1, 'aria-expanded': has ? String(open) : null },
      h('td', null, h('span.actor-name', null, this.indent(level),
        has ? h('button.button.plain.tiny.twist', { type: 'button', 'aria-label': `${open ? 'Close' : 'Open'} ${node.path}`, dataset: { path: node.path }, class: open ? 'open' : null, onclick: toggle }, icon('back', true)) : h('span.twist'),
        h('a.quiet', { href: '/live?' + new URLSearchParams({ view: 'log', actor: node.path }), title: `${node.path}: its log` }, h('code', null, oneLine(node.name || node.path, 80))),
        has && !open ? h('span.faint', null, ` ${count(node.childCount ?? node.children.length)}`) : null)),
      h('td.soft', null, oneLine(node.type, 60)),
      h('td', null, node.state ? h('span.badge.accent', null, oneLine(node.state, 40)) : ''),
      h('td.num', { class: depth > 1000 ? 'bad' : depth > 100 ? 'warn' : depth === 0 ? 'faint' : null }, count(depth)),
      h('td.num', { class: node.restarts ? 'bad' : 'faint' }, count(node.restarts ?? 0)),
      h('td.num.faint', { title: fullTime(node.startedAt) }, node.startedAt ? span(Math.floor((Date.now() - Date.parse(node.startedAt)) / 1000) * 1000) : ''));
  }

  dispose() { this.reader.stop(); }
}
