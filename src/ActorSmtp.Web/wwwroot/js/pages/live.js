// The server at work: figures, sessions, actors, log. Only what is looked at is read from the server.
import { fill, h, say } from '../dom.js';
import * as events from '../events.js';
import { count, digits, span } from '../format.js';
import { change } from '../router.js';
import { server } from '../server.js';
import { tabs } from '../tabs.js';
import { Charts } from '../live/charts.js';
import { Sessions } from '../live/sessions.js';
import { Actors } from '../live/actors.js';
import { Nodes } from '../live/nodes.js';
import { LogView } from '../live/log.js';
import { sessionDialog } from '../live/session-dialog.js';

const names = ['overview', 'sessions', 'nodes', 'actors', 'log'];

export function open(place, query) {
  return new Live(place, query);
}

class Live {
  constructor(place, query) {
    this.parts = {};
    this.logFilter = {};
    this.tiles = {
      accepted: tile('Messages a second', 'accepted, on disk'),
      latency: tile('Latency, 95 %', 'MAIL to 250'),
      open: tile('Sessions', 'open now'),
      waiting: tile('Waiting', 'for their mailbox'),
      up: server?.storage?.sync === 'never' ? tile('Up', 'sync is off: a power cut loses mail', 'bad') : tile('Up', 'every 250 is synced'),
    };
    this.charts = new Charts();
    this.charts.onsample = (c) => this.tell(c);
    const made = (name, make) => (panel) => { this.parts[name] = make(); fill(panel, this.parts[name].element); };
    this.tabs = tabs('Live', [
      ['overview', 'Overview', (panel) => fill(panel, this.charts.element)],
      ['sessions', 'Sessions', made('sessions', () => new Sessions())],
      ...(isShared() || query.get('view') === 'nodes' ? [['nodes', 'Nodes', made('nodes', () => new Nodes())]] : []),
      ['actors', 'Actors', made('actors', () => new Actors())],
      ['log', 'Log', made('log', () => new LogView((filter) => { this.logFilter = filter; this.want(); }))],
    ], { first: this.viewOf(query), onshow: (name) => change({ view: name === 'overview' ? null : name, ...(name === 'log' ? {} : { level: null, 'session-id': null, actor: null, q: null }) }) });
    fill(place, h('div.sheet', null, h('div.head', null, h('h1', null, 'Live'), this.charts.choice),
      h('section.tiles', { 'aria-label': 'Now' }, Object.values(this.tiles).map((t) => t.element)), this.tabs.element));
    this.timer = setInterval(() => this.clock(), 1000);
    this.clock();
    this.moved(query);
  }

  viewOf(query) {
    const view = query.get('view');
    return names.includes(view) ? view : 'overview';
  }

  moved(query) {
    this.tabs.show(this.viewOf(query), true);
    if (this.tabs.current === 'log') this.parts.log.moved(query);
    this.charts.choice.hidden = this.tabs.current !== 'overview';
    this.want();
    const id = query.get('session');
    if (id && this.dialog?.id !== id) {
      this.dialog?.close();
      this.dialog = sessionDialog(id, () => { if (this.dialog?.id === id) { this.dialog = null; change({ session: null }, { replace: true }); } });
    } else if (!id && this.dialog) {
      const dialog = this.dialog;
      this.dialog = null;
      dialog.close();
    }
  }

  want() {
    const view = this.tabs?.current;
    events.want({ types: view === 'log' ? ['metrics', 'log'] : view === 'sessions' ? ['metrics', 'session'] : ['metrics'], ...(view === 'log' ? this.logFilter : {}) });
  }

  tell(c) {
    const rate = c.last('messages.accepted');
    say(this.tiles.accepted.value, digits(rate === null ? null : rate * 1000 / c.step));
    const p95 = c.last('message.duration.p95');
    say(this.tiles.latency.value, p95 === null ? '–' : `${digits(p95)} ms`);
    say(this.tiles.open.value, count(c.last('sessions.open')) || '–');
    const waiting = c.last('store.waiting');
    say(this.tiles.waiting.value, waiting === null ? count(server?.storage?.backlog) || '–' : count(waiting));
  }

  clock() {
    if (server?.startedAt) say(this.tiles.up.value, span(Math.floor((Date.now() - Date.parse(server.startedAt)) / 1000) * 1000));
  }

  leave() {
    clearInterval(this.timer);
    const dialog = this.dialog;
    this.dialog = null;
    dialog?.close();
    this.charts.dispose();
    for (const part of Object.values(this.parts)) part.dispose?.();
  }
}

/** Nodes share a database; who keeps mail in files is alone. */
const isShared = () => server?.storage?.kind === 'postgres';

function tile(title, foot, kind) {
  const value = h('b', null, '–');
  return { value, element: h('div.tile', null, h('span', null, title), value, h('small', { class: kind }, foot)) };
}
