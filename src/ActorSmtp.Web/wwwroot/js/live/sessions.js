// The sessions as they run. Their state machine is RFC 5321's diagram: how many stand where is seen above the table.
import { get, path, pause } from '../api.js';
import { fill, h, keep, say } from '../dom.js';
import * as events from '../events.js';
import { count, exactTime, oneLine, shortTime, span } from '../format.js';
import { trouble } from '../notices.js';
import { change } from '../router.js';

const path_ = ['greeting', 'ready', 'mail', 'rcpt', 'body', 'storing'];
const beside = ['securing', 'authenticating', 'chunks', 'discarding', 'pausing'];
const most = 100;
const endedFor = 15000;

export class Sessions {
  constructor() {
    this.rows = new Map();
    this.state = '';
    this.total = 0;
    this.machine = h('ol.machine', { 'aria-label': 'Sessions by state' });
    this.boxes = new Map([...path_, ...beside].map((name) => {
      const number = h('b', null, '0');
      const box = h('li', { class: beside.includes(name) ? 'beside' : 'main' }, h('button', { type: 'button', 'aria-pressed': 'false', title: `Show only sessions in ${name}`, onclick: () => this.filter(name) }, h('span', null, name), number));
      this.machine.append(box);
      return [name, { box, number, button: box.firstChild }];
    }));
    this.body = h('tbody');
    this.note = h('div.padded');
    this.table = h('table.table.sessions', null,
      h('thead', null, h('tr', null, ['Session', 'State', 'Peer', 'Says it is', 'Login', 'TLS', 'Last', 'Messages', 'Age'].map((t, i) => h('th', { scope: 'col', class: i > 6 ? 'num' : null }, t)))), this.body);
    this.number = h('span.soft');
    this.element = h('div.stack', null, h('section.card', null, h('header', null, h('h2', null, 'Where the sessions stand'), this.number), h('div.body', null, this.machine)),
      h('section.card', null, h('div.table-wrap', null, this.table), this.note));
    this.stops = [events.on('session', (e) => this.take(e)), events.on('again', () => this.again())];
    this.timer = setInterval(() => { if (!document.hidden) this.tick(); }, 1000);
    this.load();
  }

  filter(name) {
    this.state = this.state === name ? '' : name;
    for (const [key, { button }] of this.boxes) button.setAttribute('aria-pressed', String(key === this.state));
    this.rows.clear();
    this.load();
  }

  /** Changes were left out: the list is read again, at once or when the last reading is long enough ago. */
  again() {
    if (this.waiting) return;
    this.waiting = setTimeout(() => { this.waiting = null; this.load(); }, Math.max(0, (this.last ?? 0) + (this.pause ?? 3000) - Date.now()));
  }

  async load() {
    const turn = this.turn = (this.turn ?? 0) + 1;
    const began = this.last = Date.now();
    try {
      const answer = await get(path(['sessions'], { limit: most, state: this.state }));
      this.pause = pause(Date.now() - began);
      if (turn !== this.turn) return;
      this.trouble = null;
      this.total = answer.total ?? answer.items.length;
      const now = new Set();
      for (const item of answer.items) { now.add(item.id); this.rows.set(item.id, { ...this.rows.get(item.id), ...item }); }
      for (const [id, row] of this.rows) if (!now.has(id) && !row.ended) this.rows.delete(id);
      this.dirty = true;
    } catch (problem) {
      if (turn !== this.turn) return;
      this.trouble = problem;
      this.rows.clear();
      fill(this.note, trouble(problem, () => this.load()));
    }
    this.draw();
  }

  take(e) {
    if (this.state && e.state !== this.state && !this.rows.has(e.id)) return;
    const row = this.rows.get(e.id) ?? { startedAt: e.at };
    this.rows.set(e.id, { ...row, ...e, lastAt: e.at, endedAt: e.ended ? Date.now() : null });
    if (this.rows.size > most * 3) this.shorten();
    this.dirty = true;
    this.soon ??= setTimeout(() => { this.soon = null; this.draw(); }, 150);
  }

  shorten() {
    const kept = this.sorted().slice(0, most);
    this.rows = new Map(kept.map((r) => [r.id, r]));
  }

  sorted() {
    return [...this.rows.values()].sort((a, b) => (a.ended ? 1 : 0) - (b.ended ? 1 : 0) || (Date.parse(b.startedAt) || 0) - (Date.parse(a.startedAt) || 0));
  }

  tick() {
    const now = Date.now();
    for (const [id, row] of this.rows) if (row.ended && now - (row.endedAt ?? 0) > endedFor) { this.rows.delete(id); this.dirty = true; }
    this.dirty = true;
    this.draw();
    // What the stream left out in a flood is put right from time to time.
    if (++this.ticks % 5 === 0 && !this.trouble) this.load();
  }

  ticks = 0;

  draw() {
    if (!this.dirty || this.trouble) return;
    this.dirty = false;
    const counts = new Map();
    let openOnes = 0;
    for (const row of this.rows.values()) {
      if (row.ended) continue;
      openOnes++;
      const state = String(row.state ?? '').toLowerCase();
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    for (const [name, { box, number }] of this.boxes) {
      const n = counts.get(name) ?? 0;
      say(number, count(n));
      box.classList.toggle('some', n > 0);
    }
    const all = Math.max(openOnes, this.state ? 0 : this.total);
    say(this.number, this.state ? `${count(openOnes)} in ${this.state}` : all > most ? `the newest ${most} of ${count(all)}` : `${count(openOnes)} open`);
    const shown = this.sorted().slice(0, most);
    keep(this.body, shown, (r) => r.id, (r) => this.row(r), (node, r) => this.update(node, r));
    this.table.hidden = !shown.length;
    if (shown.length) fill(this.note);
    else if (!this.note.firstChild) fill(this.note, h('div.empty', null, h('h2', null, 'No session is open'), h('p', null, 'A session lives as long as its connection. Send something, and it appears here with the state of its machine; a click shows what is being said.')));
    this.note.hidden = shown.length > 0;
  }

  row(r) {
    const cells = Array.from({ length: 9 }, (_, i) => h('td', { class: i > 6 ? 'num' : null }));
    const link = h('a.quiet', { href: '/live?session=' + encodeURIComponent(r.id), onclick: (e) => { if (e.ctrlKey || e.metaKey || e.shiftKey) return; e.preventDefault(); e.stopPropagation(); change({ session: r.id }); } }, h('code', null, r.id));
    cells[0].append(link);
    cells[1].append(h('span.badge'));
    return h('tr', null, cells);
  }

  update(node, r) {
    const td = node.children;
    node.classList.toggle('ended', !!r.ended);
    const badge = td[1].firstChild;
    say(badge, r.ended ? 'ended' : r.state ?? '');
    badge.className = 'badge ' + (r.ended ? '' : ['body', 'storing', 'chunks'].includes(r.state) ? 'accent' : ['discarding', 'pausing'].includes(r.state) ? 'warn' : '');
    say(td[2], oneLine(r.peer, 80));
    say(td[3], oneLine(r.helo, 60));
    say(td[4], oneLine(r.user, 60));
    say(td[5], r.tls ? oneLine(r.tls, 20) : '');
    say(td[6], oneLine(r.lastVerb, 20));
    td[6].title = exactTime(r.lastAt);
    say(td[7], count(r.messages ?? 0));
    say(td[8], span(Math.floor(((r.ended ? Date.parse(r.lastAt) : Date.now()) - (Date.parse(r.startedAt) || Date.now())) / 1000) * 1000));
    td[8].title = shortTime(r.startedAt);
  }

  dispose() {
    for (const stop of this.stops) stop();
    clearInterval(this.timer);
    clearTimeout(this.soon);
    clearTimeout(this.waiting);
  }
}
