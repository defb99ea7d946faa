// The charts of the live page: what was kept, then one sample a second. What the server does not measure is not drawn.
import { get, path } from '../api.js';
import { fill, h } from '../dom.js';
import * as events from '../events.js';
import { digits } from '../format.js';
import { into } from '../notices.js';
import { Chart } from './chart.js';

const prefix = 'actorsmtp.';
const wanted = [
  { title: 'Messages', unit: 'per second', lines: [['messages.accepted', 'accepted'], ['deliveries.done', 'in mailboxes'], ['messages.refused', 'refused']], help: 'Accepted: acknowledged with 250, on disk. In mailboxes: copies delivered.' },
  { title: 'Latency, MAIL to 250', unit: 'ms', lines: [['message.duration.p50', 'half'], ['message.duration.p95', '95 %'], ['message.duration.p99', '99 %']], help: 'How long a sender waits for its message to be safe.' },
  { title: 'Journal sync', unit: 'ms', lines: [['store.commit.duration.p50', 'half'], ['store.commit.duration.p95', '95 %'], ['store.commit.duration.p99', '99 %']], help: 'From content in the journal to the disk\'s word; part of the latency.' },
  { title: 'Sessions', unit: '', lines: [['sessions.open', 'open'], ['connections.accepted', 'new a second'], ['connections.refused', 'refused']], help: 'Dialogues under way.' },
  { title: 'Waiting for delivery', unit: '', lines: [['store.waiting', 'messages'], ['delivery.delay.p95', 'delay, ms (95 %)']], help: 'Acknowledged, and not yet in its mailbox: the journal has it.' },
  { title: 'Refusals', unit: 'per second', lines: [['replies.transient', '4xx'], ['replies.permanent', '5xx'], ['logins.denied', 'logins']], help: 'Replies that said no.' },
  { title: 'Received', unit: 'MiB per second', lines: [['octets.received', 'content']], scale: 1 / 1024 / 1024 },
  { title: 'Process', unit: 'cores', lines: [['process.cpu', 'processor']] },
];

export class Charts {
  constructor() {
    this.window = 300;
    this.charts = [];
    this.grid = h('div.charts');
    this.others = h('details.more.other-series', { hidden: true });
    this.choice = h('div.widths', { role: 'group', 'aria-label': 'Time shown' }, [['1 min', 60], ['5 min', 300], ['15 min', 900]].map(([text, seconds]) =>
      h('button.button.tiny.plain', { type: 'button', 'aria-pressed': String(seconds === this.window), onclick: (e) => {
        this.window = seconds;
        for (const b of this.choice.children) b.setAttribute('aria-pressed', String(b === e.target));
        this.draw();
      } }, text)));
    this.element = h('section.stack', { 'aria-label': 'Charts' }, this.grid, this.others);
    this.stops = [events.on('metrics', (sample) => this.add(sample)), events.on('again', ({ lost }) => lost ? null : this.load())];
    this.load();
  }

  async load() {
    if (!this.series) { await into(this.grid, () => get(path(['metrics', 'series'], { window: '15m' })), (answer) => this.begin(answer)); this.draw(); return; }
    try { this.begin(await get(path(['metrics', 'series'], { window: '15m' }))); this.draw(); } catch { /* the next time the stream comes back */ }
  }

  begin(answer) {
    this.step = (answer.stepSeconds || 1) * 1000;
    this.end = Date.parse(answer.end);
    this.series = new Map(answer.series.map((x) => [x.name, { ...x, points: [...x.points] }]));
    if (!this.charts.length) {
      this.charts = wanted.filter((w) => w.lines.some(([name]) => this.series.has(prefix + name))).map((w) => ({ ...w, chart: new Chart({ ...w, lines: w.lines.map(([name, label]) => ({ name, label, peak: name.includes('.p9') })) }) }));
    }
    return this.charts.length ? this.charts.map((c) => c.chart.element) : h('p.soft.padded', null, 'Nothing is measured yet.');
  }

  add(sample) {
    if (!this.series) return;
    this.end = Date.parse(sample.at);
    for (const [name, x] of this.series) {
      x.points.push(sample.values[name] ?? null);
      if (x.points.length > 900) x.points.splice(0, x.points.length - 900);
    }
    if (!document.hidden) this.draw();
  }

  draw() {
    if (!this.series) return;
    const take = Math.round(this.window * 1000 / this.step);
    for (const c of this.charts) {
      const data = {};
      for (const [name] of c.lines) {
        const x = this.series.get(prefix + name);
        if (!x) continue;
        const factor = (c.scale ?? 1) / (x.kind === 'counter' ? this.step / 1000 : 1);
        data[name] = x.points.slice(-take).map((v) => v === null ? null : v * factor);
      }
      c.chart.set(data, this.end, this.step);
    }
    this.drawOthers();
    this.onsample?.(this);
  }

  last(name) {
    const points = this.series?.get(prefix + name)?.points;
    if (!points) return null;
    for (let i = points.length - 1; i >= Math.max(0, points.length - 5); i--) if (points[i] !== null) return points[i];
    return null;
  }

  /** Everything else the server counts, as a table; also what is in the charts, for those who read rather than look. */
  drawOthers() {
    this.others.hidden = !this.series.size;
    if (!this.others.firstChild) {
      this.table = h('tbody');
      fill(this.others, h('summary', null, 'All figures as a table'), h('div.table-wrap.card', null, h('table.table', null,
        h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Figure'), h('th.num', { scope: 'col' }, 'Now'), h('th.num', { scope: 'col' }, '15 min'), h('th', { scope: 'col' }, 'Meaning'))), this.table)));
      this.others.addEventListener('toggle', () => this.drawOthers());
    }
    if (!this.others.open) return;
    fill(this.table, [...this.series.values()].map((x) => {
      const known = x.points.filter((v) => v !== null);
      const total = x.kind === 'counter' ? known.reduce((a, b) => a + b, 0) : known.length ? Math.max(...known) : null;
      return h('tr', null, h('td', null, h('code', null, x.name)), h('td.num', null, digits(x.points.at(-1))), h('td.num', { title: x.kind === 'counter' ? 'sum' : 'highest' }, digits(total)), h('td.soft', null, x.help, x.unit ? ` (${x.unit})` : ''));
    }));
  }

  dispose() {
    for (const stop of this.stops) stop();
    for (const c of this.charts) c.chart.dispose();
  }
}
