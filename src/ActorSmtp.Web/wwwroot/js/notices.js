// Short words at the foot of the page, and what is only said to screen readers.
import { h, fill } from './dom.js';

const shelf = () => document.getElementById('toasts');
const most = 3;

/**
 * Shows a sentence. With `action` ("Undo") and `onaction` it has a button; `after` is called when it goes without
 * the button having been used. Answers what takes it away at once.
 */
export function toast(text, { kind = '', action, onaction, after, seconds = 6 } = {}) {
  let settled = false;
  const note = h('div.toast', { class: kind, role: kind === 'bad' ? 'alert' : 'status' }, h('span', null, text));
  const settle = (used) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    note.remove();
    if (used) onaction?.();
    else after?.();
  };
  if (action) note.append(h('button', { type: 'button', onclick: () => settle(true) }, action));
  else note.append(h('button', { type: 'button', 'aria-label': 'Close this notice', onclick: () => settle(false) }, 'Close'));
  let timer = setTimeout(() => settle(false), seconds * 1000);
  // Whoever reads or reaches for it gets the time to.
  const hold = () => clearTimeout(timer);
  const release = () => { clearTimeout(timer); timer = setTimeout(() => settle(false), 3000); };
  note.addEventListener('mouseenter', hold);
  note.addEventListener('mouseleave', release);
  note.addEventListener('focusin', hold);
  note.addEventListener('focusout', release);
  shelf().append(note);
  note.__settle = settle;
  while (shelf().children.length > most) shelf().firstElementChild.__settle(false);
  return { close: () => settle(false), undo: () => settle(true) };
}

export function fault(problem) {
  if (problem?.name === 'AbortError') return;
  if (!problem?.code) console.error(problem);
  toast(problem?.message ?? String(problem), { kind: 'bad', seconds: 10 });
}

export function aloud(text) {
  document.getElementById('aloud').textContent = text;
}

/** Asks before something that cannot be undone. Resolves to true or false. */
export function confirm({ title, text, action, danger = true }) {
  return new Promise((resolve) => {
    const dialog = h('dialog', { 'aria-labelledby': 'confirm-title', onclose: () => { resolve(dialog.returnValue === 'yes'); dialog.remove(); } },
      h('header', null, h('h2#confirm-title', null, title)),
      h('div.body', null, h('p', null, text)),
      h('footer', null,
        h('button.button', { type: 'button', onclick: () => dialog.close('no') }, 'Cancel'),
        h('button.button', { type: 'button', class: danger ? 'danger' : 'primary', onclick: () => dialog.close('yes') }, action)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** What stands where a part of the page could not be read. */
export function trouble(problem, again) {
  const missing = problem.status === 501;
  return h('div.notice', { class: missing ? null : 'bad', role: missing ? 'status' : 'alert' },
    h('p', null, problem.message),
    again && !missing ? h('button.button.tiny', { type: 'button', onclick: again }, 'Try again') : null);
}

/** Fills a place with what a promise brings; with the trouble and a way to try again where it fails. */
export async function into(place, work, show) {
  place.setAttribute('aria-busy', 'true');
  try {
    const value = await work();
    fill(place, show(value));
  } catch (problem) {
    if (problem.name !== 'AbortError') fill(place, trouble(problem, () => into(place, work, show)));
  } finally {
    place.removeAttribute('aria-busy');
  }
}
