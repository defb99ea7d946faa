// The actors' log with filters, live at the top. Bounded: the oldest lines in sight go when new ones come.
import { get, path } from '../api.js';
import { fill, h, icon } from '../dom.js';
import * as events from '../events.js';
import { exactTime, fullTime, oneLine } from '../format.js';
import { trouble } from '../notices.js';
import { change } from '../router.js';

const mostLines = 1000;
const kinds = { error: 'bad', warning: 'warn', info: 'accent', debug: '' };

export class LogView {
  /** `onfilter({ level, session, actor })` is told what the stream has to carry. */
  constructor(onfilter) {
    this.onfilter = onfilter;
    this.paused = false;
    this.held = [];
    this.queue = [];
    this.level = h('select.select', { 'aria-label': 'Level', onchange: () => this.set({ level: this.level.value === 'info' ? null : this.level.value }) },
      [['debug', 'everything'], ['info', 'info and worse'], ['warning', 'warnings and errors'], ['error', 'errors']].map(([value, text]) => h('option', { value }, text)));
    const input = (name, label, key, mono = true) => h('input.input', { type: 'search', 'aria-label': label, placeholder: label, autocomplete: 'off', spellcheck: 'false', class: mono ? 'mono' : null, oninput: (e) => { clearTimeout(this.typing); this.typing = setTimeout(() => this.set({ [key]: e.target.value.trim() }), 350); } });
    this.session = input('session', 'Session', 'session-id');
    this.actor = input('actor', 'Actor, such as /user/auth', 'actor');
    this.text = input('q', 'Words', 'q', false);
    this.pauseButton = h('button.button', { type: 'button', onclick: () => this.pause() });
    this.list = h('ol.log', { 'aria-label': 'Log, newest first', tabindex: '0' });
    this.foot = h('div.padded');
    this.element = h('section.card', null, h('div.filters', { role: 'search', 'aria-label': 'Filter the log' }, this.level, this.text, this.session, this.actor, this.pauseButton), this.list, this.foot);
    this.stops = [events.on('log', (entry) => this.take(entry)), events.on('again', () => this.load())];
    this.drawPause();
  }

  set(parts) { change(parts, { replace: true }); }

  /** The address says what is looked for. */
  moved(query) {
    const next = { level: query.get('level') ?? 'info', session: query.get('session-id') ?? '', actor: query.get('actor') ?? '', q: query.get('q') ?? '' };
    if (this.filter && Object.keys(next).every((k) => next[k] === this.filter[k])) return;
    this.filter = next;
    this.level.value = next.level;
    for (const [node, value] of [[this.session, next.session], [this.actor, next.actor], [this.text, next.q]]) if (document.activeElement !== node) node.value = value;
    this.onfilter({ level: next.level, session: next.session, actor: next.actor });
    this.load();
  }

  async load() {
    if (!this.filter) return;
    const turn = this.turn = (this.turn ?? 0) + 1;
    this.queue = [];
    this.held = [];
    try {
      const answer = await get(path(['log'], { ...this.filter, limit: 200 }));
      if (turn !== this.turn) return;
      this.next = answer.next;
      fill(this.list, answer.items.map(line));
      this.drawFoot();
    } catch (problem) {
      if (turn !== this.turn) return;
      fill(this.list);
      fill(this.foot, trouble(problem, () => this.load()));
    }
  }

  async older() {
    try {
      const answer = await get(path(['log'], { ...this.filter, limit: 200, before: this.next }));
      this.next = answer.next;
      for (const entry of answer.items) this.list.append(line(entry));
      this.drawFoot();
    } catch (problem) {
      fill(this.foot, trouble(problem, () => this.older()));
    }
  }

  drawFoot() {
    const lines = this.list.children.length;
    if (!lines) fill(this.foot, h('div.empty', null, h('h2', null, 'No line matches'), h('p', null, 'Info tells when mail changes hands. Choose "everything" to read every line of every dialogue, if the server is told to log them (logging.file.level = debug).')));
    else if (this.next && lines < mostLines) fill(this.foot, h('button.button', { type: 'button', onclick: () => this.older() }, 'Older lines'));
    else fill(this.foot, h('p.faint', null, lines >= mostLines ? `The newest ${mostLines} lines. "actorsmtp log" reads all of them.` : 'That is all.'));
  }

  take(entry) {
    const words = this.filter?.q.toLowerCase();
    if (words && !JSON.stringify(entry).toLowerCase().includes(words)) return;
    const to = this.paused ? this.held : this.queue;
    to.push(entry);
    if (to.length > 300) to.splice(0, to.length - 300);
    if (this.paused) { this.drawPause(); return; }
    this.soon ??= setTimeout(() => { this.soon = null; this.flush(); }, 200);
  }

  flush() {
    const batch = this.queue;
    this.queue = [];
    if (!batch.length) return;
    const wasEmpty = !this.list.children.length;
    const scrolled = this.list.scrollTop;
    const before = this.list.scrollHeight;
    this.list.prepend(...batch.map(line).reverse());
    while (this.list.children.length > mostLines) this.list.lastElementChild.remove();
    // Who reads further down is not pushed away.
    if (scrolled > 4) this.list.scrollTop = scrolled + this.list.scrollHeight - before;
    if (wasEmpty) this.drawFoot();
  }

  pause() {
    this.paused = !this.paused;
    if (!this.paused) { this.queue.push(...this.held); this.held = []; this.flush(); }
    this.drawPause();
  }

  drawPause() {
    fill(this.pauseButton, icon(this.paused ? 'play' : 'pause', true), this.paused ? `Go on${this.held.length ? ` (${this.held.length}${this.held.length >= 300 ? '+' : ''})` : ''}` : 'Pause');
    this.pauseButton.setAttribute('aria-pressed', String(this.paused));
  }

  dispose() {
    for (const stop of this.stops) stop();
    clearTimeout(this.soon);
    clearTimeout(this.typing);
  }
}

function line(entry) {
  const link = (key, value, text) => h('a.quiet', { href: '/live?' + new URLSearchParams({ view: 'log', level: 'debug', [key]: value }) }, h('code', null, text));
  return h('li', { class: entry.level },
    h('time', { title: fullTime(entry.at) }, exactTime(entry.at)),
    h('span.badge', { class: kinds[entry.level] ?? '' }, entry.level),
    h('div', null, h('p.said', null, oneLine(entry.message, 1000)), entry.exception ? h('details', null, h('summary.bad', null, 'exception'), h('pre.raw', null, entry.exception)) : null,
      h('p.faint', null, entry.actor ? link('actor', entry.actor, oneLine(entry.actor, 120)) : null, entry.session ? [' session ', link('session-id', entry.session, oneLine(entry.session, 40))] : null, entry.tx ? [' message ', h('code', null, oneLine(entry.tx, 40))] : null)));
}
