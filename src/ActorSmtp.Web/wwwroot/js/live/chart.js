// A chart of a few lines over time, drawn as SVG. Lines differ in stroke as well as in colour; the pointer reads values.
import { h, s, say } from '../dom.js';
import { digits } from '../format.js';

const height = 132;
const left = 44;
const bottom = 18;
const top = 8;
const mostPoints = 240;

/** new Chart({ title, unit, lines: [{ name, label }] }); `set(series, endMs, stepMs)` with series as name → array of number|null. */
export class Chart {
  constructor({ title, unit, lines, help }) {
    this.lines = lines;
    this.unit = unit;
    this.width = 0;
    this.svg = s('svg.chart', { role: 'img', 'aria-label': title });
    this.legend = h('ul.legend', null, lines.map((line, i) => h('li', null, s('svg.stroke', { viewBox: '0 0 18 8', 'aria-hidden': 'true' }, s('path', { d: 'M1 4h16', class: `line line-${i}` })), h('span', null, line.label), h('b.num', null, '–'))));
    this.grid = s('g.grid');
    this.marks = s('g');
    this.pointer = s('path.pointer', { d: '' });
    this.svg.append(this.grid, this.marks, this.pointer);
    this.element = h('figure.card.chart-card', null, h('figcaption', null, h('h2', { title: help }, title), h('span.faint', null, unit)), this.legend, this.svg);
    this.sizes = new ResizeObserver(([entry]) => { this.width = Math.floor(entry.contentRect.width); this.draw(); });
    this.sizes.observe(this.svg);
    this.svg.addEventListener('pointermove', (e) => this.point(e));
    this.svg.addEventListener('pointerleave', () => { this.at = null; this.readOut(); });
  }

  set(series, end, step) {
    this.end = end;
    const length = Math.max(0, ...this.lines.map((l) => series[l.name]?.length ?? 0));
    const bucket = Math.max(1, Math.ceil(length / mostPoints));
    this.step = step * bucket;
    // Buckets end at the newest value, so that a point does not change once its bucket is full.
    this.points = this.lines.map((l) => squeeze(series[l.name] ?? [], bucket, l.peak));
    this.known = this.lines.map((l) => !!series[l.name]);
    this.draw();
  }

  draw() {
    if (!this.points || this.width < 80) return;
    const inner = this.width - left - 4;
    const length = Math.max(2, ...this.points.map((p) => p.length));
    const most = nice(Math.max(this.unit === '' ? 1 : 0, ...this.points.flat().filter((v) => v !== null)));
    const x = (i, of) => left + inner * (i + length - of) / (length - 1);
    const y = (v) => top + (height - top - bottom) * (1 - v / most);
    this.x = x;
    this.length = length;
    this.svg.setAttribute('viewBox', `0 0 ${this.width} ${height}`);
    this.svg.style.height = `${height}px`;
    const ticks = [0, most / 2, most];
    const total = (length - 1) * this.step;
    const times = [total, total / 2, 0];
    this.grid.replaceChildren(
      ...ticks.map((v) => s('path', { d: `M${left} ${y(v).toFixed(1)}H${this.width - 4}` })),
      ...ticks.map((v) => s('text', { x: left - 6, y: (y(v) + 4).toFixed(1), 'text-anchor': 'end' }, digits(v))),
      ...times.map((t, i) => s('text', { x: left + inner * i / 2, y: height - 4, 'text-anchor': ['start', 'middle', 'end'][i] }, t === 0 ? 'now' : ago(t))));
    this.marks.replaceChildren(...this.points.map((p, i) => s('path', { class: `line line-${i}`, d: line(p, x, y) })));
    this.readOut();
  }

  point(e) {
    const box = this.svg.getBoundingClientRect();
    const inner = this.width - left - 4;
    this.at = Math.round(((e.clientX - box.left - left) / inner) * (this.length - 1));
    this.readOut();
  }

  readOut() {
    if (!this.points) return;
    const inside = this.at !== null && this.at !== undefined && this.at >= 0 && this.at < this.length;
    this.pointer.setAttribute('d', inside ? `M${this.x(this.at, this.length).toFixed(1)} ${top}V${height - bottom}` : '');
    this.points.forEach((p, i) => {
      const index = inside ? this.at - (this.length - p.length) : p.length - 1;
      const value = inside ? p[index] : lastKnown(p);
      say(this.legend.children[i].lastElementChild, !this.known[i] || value === undefined || value === null ? '–' : digits(value));
    });
  }

  dispose() { this.sizes.disconnect(); }
}

function lastKnown(p) {
  for (let i = p.length - 1; i >= Math.max(0, p.length - 5); i--) if (p[i] !== null) return p[i];
  return null;
}

function squeeze(points, bucket, peak) {
  if (bucket === 1) return points;
  const out = [];
  for (let endAt = points.length; endAt > 0; endAt -= bucket) {
    const part = points.slice(Math.max(0, endAt - bucket), endAt).filter((v) => v !== null && v !== undefined);
    out.unshift(part.length ? peak ? Math.max(...part) : part.reduce((a, b) => a + b, 0) / part.length : null);
  }
  return out;
}

function line(points, x, y) {
  let d = '';
  let pen = false;
  points.forEach((v, i) => {
    if (v === null || v === undefined) { pen = false; return; }
    d += `${pen ? 'L' : 'M'}${x(i, points.length).toFixed(1)} ${y(v).toFixed(1)}`;
    // A value alone is a dot, not nothing.
    if (!pen && (points[i + 1] === null || points[i + 1] === undefined)) d += 'h.1';
    pen = true;
  });
  return d;
}

/** The next round number: the top of the scale. */
function nice(value) {
  if (value <= 0) return 1;
  const base = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((f) => f * base).find((v) => v >= value);
}

function ago(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `−${seconds} s` : `−${+(seconds / 60).toFixed(1)} min`;
}
