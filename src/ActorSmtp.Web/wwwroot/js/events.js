// One stream of events a page, opened again with growing pauses when it breaks. A tab that nobody looks at gives its
// stream back after a while: browsers allow six connections to one server, and ten open tabs must not stop the eleventh.
import { isStillLetIn, request } from './api.js';

const pauses = [500, 1000, 2000, 4000, 8000, 15000, 30000];
const quietAfter = 20000;
const calmAfter = 1500;
const floodPause = 10000;

const listeners = new Map();
let wanted = new Map();
let source = null;
let retry = null;
let hiddenTimer = null;
let attempt = 0;
let hadHello = false;
let state = 'off';
let lostAt = 0;

/** Calls `listener(data)` for each event of this type; answers what stops it. Also: 'state' and 'again' (events may have been
    missed: the stream was opened again, or, with `lost`, some were left out because there were too many). */
export function on(type, listener) {
  const set = listeners.get(type) ?? listeners.set(type, new Set()).get(type);
  set.add(listener);
  return () => set.delete(listener);
}

function tell(type, data) {
  for (const listener of [...(listeners.get(type) ?? [])]) {
    try { listener(data); } catch (fault) { console.error(fault); }
  }
}

function become(next) {
  if (state === next) return;
  state = next;
  tell('state', state);
}

export const currentState = () => state;

/** Calls `then` so many milliseconds after the time `since`; while more happens than a stream can tell, when that ends or ten seconds
    after `since`. A list that nobody could follow need not be read so often. Answers what stops it. */
export function when(since, pause, then) {
  let timer = null;
  const look = () => {
    const left = Math.max(since + pause, Math.min(since + floodPause, lostAt + calmAfter)) - Date.now();
    if (left <= 0) then();
    else timer = setTimeout(look, left);
  };
  timer = setTimeout(look, Math.max(0, since + pause - Date.now()));
  return () => clearTimeout(timer);
}

/** What this page wants to hear: `{ types: ['message', …], level: 'info', … }`. The stream is opened again if that is something else. */
export function want(query) {
  const next = new Map(Object.entries({ ...query, types: query.types.join(',') }).filter(([, value]) => value));
  if (source && same(next, wanted)) return;
  wanted = next;
  hadHello = false;
  open();
}

/** No stream at all (the login page). */
export function stop() {
  wanted = new Map();
  close();
  become('off');
}

function same(a, b) {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

function close() {
  clearTimeout(retry);
  retry = null;
  source?.close();
  source = null;
}

function open() {
  close();
  if (!wanted.size || document.hidden && hiddenTimer === 'gone') return;
  const mine = source = new EventSource(where());
  const types = ['hello', 'lost', 'message', 'message-changed', 'message-removed', 'session', 'lease', 'scenario', 'queue', 'metrics', 'log'];
  for (const type of types) {
    mine.addEventListener(type, (e) => { if (mine === source) heard(type, JSON.parse(e.data)); });
  }
  mine.onerror = () => {
    if (mine !== source) return;
    close();
    if (state !== 'full') become('broken');
    const pause = pauses[Math.min(attempt++, pauses.length - 1)];
    retry = setTimeout(open, pause * (0.75 + Math.random() / 2));
    if (attempt > 1) findOut();
  };
}

const where = () => '/api/events?' + new URLSearchParams([...wanted]);

/** EventSource does not tell why it failed: no server, no login any more, or too many who watch. */
async function findOut() {
  if (!await isStillLetIn() || source || !wanted.size) return;
  const ask = new AbortController();
  try {
    await request('GET', where(), undefined, { accept: 'text/event-stream', signal: ask.signal });
  } catch (problem) {
    if (problem.code === 'busy' && state === 'broken') become('full');
  } finally {
    ask.abort();
  }
}

function heard(type, data) {
  if (type === 'hello') {
    const wasLate = attempt > 0;
    attempt = 0;
    become('live');
    if (hadHello || wasLate) tell('again', data);
    hadHello = true;
  } else if (type === 'lost') {
    lostAt = Date.now();
    tell('lost', data);
    tell('again', { lost: data.count });
    return;
  }
  tell(type, data);
}

/** Tries at once instead of at the end of the pause. */
export function tryNow() {
  if (state === 'broken' || state === 'full') { attempt = 0; open(); }
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    hiddenTimer = setTimeout(() => { hiddenTimer = 'gone'; close(); become('paused'); }, quietAfter);
  } else {
    const gone = hiddenTimer === 'gone';
    if (!gone) clearTimeout(hiddenTimer);
    hiddenTimer = null;
    if (gone) open();
    else tryNow();
  }
});
addEventListener('online', tryNow);
// A page that goes into the back-forward cache must not keep its stream; one that comes back opens it again.
addEventListener('pagehide', close);
addEventListener('pageshow', (e) => { if (e.persisted) open(); });
