// Keyboard use: each page says which keys it knows; ? shows them all. A key typed into a field is text, but for Escape.
import { h } from './dom.js';

const groups = new Map();
let prefix = null;
let prefixTimer = null;

/** `keys('Inbox', [['j', 'next message', f], ['g i', 'go to the inbox', f], [['#', 'Delete'], '…', f]])`; answers what takes them back. */
export function keys(group, list) {
  groups.set(group, list.map(([key, what, run]) => ({ keys: [key].flat(), what, run })));
  return () => groups.delete(group);
}

addEventListener('keydown', (e) => {
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  if (document.querySelector('dialog[open]')) return;
  const typing = e.target.closest?.('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]');
  if (typing && e.key !== 'Escape') return;
  // Space and Enter belong to whatever has the focus.
  if ((e.key === 'Enter' || e.key === ' ') && e.target.closest?.('button, a, summary, [role=tab]')) return;
  const key = prefix ? `${prefix} ${e.key}` : e.key;
  clearTimeout(prefixTimer);
  prefix = null;
  for (const list of [...groups.values()].reverse()) {
    for (const entry of list) {
      if (entry.keys.includes(key)) {
        if (entry.run(e) !== false) e.preventDefault();
        return;
      }
    }
  }
  if ([...groups.values()].some((list) => list.some((entry) => entry.keys.some((k) => k.startsWith(key + ' '))))) {
    prefix = key;
    prefixTimer = setTimeout(() => { prefix = null; }, 1200);
  }
});

const names = { ' ': 'Space', ArrowDown: '↓', ArrowUp: '↑', Escape: 'Esc' };

export function showKeys() {
  const dialog = h('dialog', { 'aria-labelledby': 'keys-title', onclose: () => dialog.remove() },
    h('header', null, h('h2#keys-title', null, 'Keyboard'), h('button.button', { type: 'button', onclick: () => dialog.close() }, 'Close')),
    h('div.body.keys-help', null, [...groups].map(([group, list]) => h('section', null,
      h('h3', null, group),
      h('dl', null, list.map((entry) => [
        h('dt', null, entry.keys.map((k, i) => [i ? ' ' : null, k.length > 1 && k.includes(' ') ? k.split(' ').map((p) => h('kbd', null, p)) : h('kbd', null, names[k] ?? k)])),
        h('dd', null, entry.what)]))))));
  dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
}
