// The console's side of the API (docs/api.md). Every refusal becomes a Problem whose message can be shown as it is.

/** What the server refused, RFC 9457: `status`, `code`, `message` (a sentence) and `errors` by field. */
export class Problem extends Error {
  constructor(status, code, message, errors) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors ?? {};
  }
}

let csrf = '';
let onLoginRequired = () => {};

/** Told when the server asks for a login in the middle of things. */
export function whenLoginRequired(listener) { onLoginRequired = listener; }

/** Who we are; keeps the token which every changing request has to carry. */
export async function readSession() {
  const session = await get('/api/session');
  csrf = session.csrf ?? '';
  return session;
}

/** Whether the server is there and lets us in as before; where it wants a login, the page goes there. */
export async function isStillLetIn() {
  try {
    const { authenticated } = await readSession();
    if (!authenticated) onLoginRequired();
    return authenticated;
  } catch {
    return false;
  }
}

export async function login(user, password) {
  const session = await send('POST', '/api/session', { user, password });
  csrf = session.csrf ?? '';
  return session;
}

export async function logout() {
  await send('DELETE', '/api/session');
  csrf = '';
}

export const get = (path, options) => ask('GET', path, undefined, options);
export const post = (path, body, options) => ask('POST', path, body, options);
export const patch = (path, body, options) => ask('PATCH', path, body, options);
export const remove = (path, options) => ask('DELETE', path, undefined, options);
const send = ask;

/** How long a page waits before it reads a list again that took so many milliseconds: three seconds, or a twentieth of the time at most. */
export const pause = (took) => Math.min(15000, Math.max(3000, took * 20));

/** A path from parts and a query; parts are encoded, empty query values are left out. */
export function path(parts, query) {
  const where = '/api/' + parts.map(encodeURIComponent).join('/');
  const terms = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') terms.set(key, value);
  }
  const text = terms.toString();
  return text ? `${where}?${text}` : where;
}

async function ask(method, where, body, options = {}) {
  const response = await request(method, where, body, options);
  if (response.status === 204) return null;
  if ((response.headers.get('content-type') ?? '').includes('json')) return response.json();
  return response.text();
}

/** The response itself, for streams; throws a Problem where it is not a success. */
export async function request(method, where, body, { signal, accept, keepalive } = {}) {
  const headers = { Accept: accept ?? 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
  let response;
  try {
    response = await fetch(where, {
      method, headers, signal, keepalive,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin', cache: 'no-store', redirect: 'error',
    });
  } catch (fault) {
    if (fault.name === 'AbortError') throw fault;
    throw new Problem(0, 'unreachable', 'The server does not answer. Is it still running?');
  }
  if (response.ok) return response;
  const problem = await asProblem(response);
  if (problem.code === 'login-required') onLoginRequired();
  throw problem;
}

async function asProblem(response) {
  try {
    const said = await response.json();
    return new Problem(response.status, said.code ?? 'failed', said.detail ?? said.title ?? `The server answered ${response.status}.`, said.errors);
  } catch {
    return new Problem(response.status, 'failed', `The server answered ${response.status}.`);
  }
}

/**
 * Reads server-sent events from a response's body and calls `on(type, data)`; ends with the stream.
 * For answers to POST, which EventSource cannot make.
 */
export async function readEvents(response, on) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest = (rest + value).replaceAll('\r\n', '\n');
    let end;
    while ((end = rest.indexOf('\n\n')) >= 0) {
      const block = rest.slice(0, end);
      rest = rest.slice(end + 2);
      let type = 'message';
      const data = [];
      for (const line of block.split('\n')) {
        if (line.startsWith('event:')) type = line.slice(6).trim();
        else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
      }
      if (data.length) on(type, JSON.parse(data.join('\n')));
    }
  }
}
