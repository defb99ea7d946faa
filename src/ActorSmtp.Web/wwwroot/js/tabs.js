// Tabs as the ARIA practices describe them: arrows move, one is in the tab order, a panel is made when first shown.
import { h } from './dom.js';

let serial = 0;

/** `tabs('label', [['name', 'Title', (panel) => …], …], { first, onshow })` → { element, show(name), step(±1), current } */
export function tabs(label, list, { first, onshow } = {}) {
  const id = `tabs-${++serial}`;
  const made = new Set();
  const bar = h('div.tabs', { role: 'tablist', 'aria-label': label });
  const panels = h('div.tab-panels');
  const self = { element: h('div.tabbed', null, bar, panels), current: null, show, step };
  for (const [name, title] of list) {
    bar.append(h('button', { type: 'button', role: 'tab', id: `${id}-${name}`, 'aria-controls': `${id}-${name}-panel`, onclick: () => show(name), dataset: { tab: name } }, title));
    panels.append(h('div.tab-panel', { role: 'tabpanel', id: `${id}-${name}-panel`, 'aria-labelledby': `${id}-${name}`, hidden: true, class: `view-${name}` }));
  }
  bar.addEventListener('keydown', (e) => {
    const to = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (to) { step(to); bar.children[at()].focus(); }
    else if (e.key === 'Home') { show(list[0][0]); bar.firstElementChild.focus(); }
    else if (e.key === 'End') { show(list.at(-1)[0]); bar.lastElementChild.focus(); }
    else return;
    e.preventDefault();
  });

  const at = () => list.findIndex(([name]) => name === self.current);

  function step(by) { show(list[(at() + by + list.length) % list.length][0]); }

  function show(name, quiet) {
    const index = list.findIndex(([n]) => n === name);
    if (index < 0 || name === self.current) return;
    self.current = name;
    list.forEach((_, i) => {
      const here = i === index;
      bar.children[i].setAttribute('aria-selected', String(here));
      bar.children[i].tabIndex = here ? 0 : -1;
      panels.children[i].hidden = !here;
    });
    if (!made.has(name)) { made.add(name); list[index][2](panels.children[index]); }
    if (!quiet) { bar.children[index].scrollIntoView?.({ block: 'nearest', inline: 'nearest' }); onshow?.(name); }
  }

  show(first ?? list[0][0], true);
  return self;
}
