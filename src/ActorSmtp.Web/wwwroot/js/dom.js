// Making elements. Nothing in the console is ever made from a string of HTML: text from mail becomes text nodes, and
// the page's policy (require-trusted-types-for 'script') makes the browser refuse innerHTML and its kin outright.

const svgNames = 'http://www.w3.org/2000/svg';

/**
 * h('a.button#id', { href: '…', onclick: f, class: '…' }, 'text', node, [more], null)
 * Properties: on… is a listener, `dataset` an object, a function-free value an attribute; null, undefined and false leave it out.
 */
export function h(what, properties, ...children) {
  const [name, ...rest] = what.split(/(?=[.#])/);
  const element = document.createElement(name || 'div');
  return dress(element, rest, properties, children);
}

/** The same for SVG. */
export function s(what, properties, ...children) {
  const [name, ...rest] = what.split(/(?=[.#])/);
  return dress(document.createElementNS(svgNames, name), rest, properties, children);
}

function dress(element, marks, properties, children) {
  for (const mark of marks) {
    if (mark[0] === '.') element.classList.add(mark.slice(1));
    else element.id = mark.slice(1);
  }
  for (const [key, value] of Object.entries(properties ?? {})) set(element, key, value);
  add(element, children);
  return element;
}

function set(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
  else if (key === 'class') element.classList.add(...String(value).split(/\s+/).filter(Boolean));
  else if (key === 'dataset') Object.assign(element.dataset, value);
  else if (key === 'value' || key === 'checked' || key === 'indeterminate' || key === 'disabled' || key === 'readOnly') element[key] = value;
  else element.setAttribute(key, value === true ? '' : String(value));
}

/** Adds children; arrays are flattened, nothing is added for null and false. */
export function add(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

/** Puts these in the place of whatever is there. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  return add(parent, children);
}

/** Changes a text only if it is another one, so that nothing is laid out again for nothing. */
export function say(node, text) {
  const wanted = String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

/**
 * Keeps a parent's children in step with a list: nodes are kept by key, made once, updated, moved, removed.
 * `make(item)` answers a node, `update(node, item)` is called for new and old ones.
 */
export function keep(parent, items, keyOf, make, update) {
  const known = parent.__kept ??= new Map();
  const wanted = new Set();
  let place = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    if (wanted.has(key)) continue;
    wanted.add(key);
    let node = known.get(key);
    if (!node) known.set(key, node = make(item));
    update(node, item);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
  for (const [key, node] of known) {
    if (!wanted.has(key)) { node.remove(); known.delete(key); }
  }
}

const icons = {
  inbox: 'M3 13l3-8h12l3 8v6H3zM3 13h5l1.5 3h5L16 13h5',
  compose: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  live: 'M3 12h4l3-8 4 16 3-8h4',
  queue: 'M4 6h16M4 12h16M4 18h10',
  configuration: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5',
  leases: 'M12 3a9 9 0 1 0 9 9M12 7v5l3 2M16 4l5 0M18.500 1.500v5',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.500 6.500 0 0 0 0-13M15.500 15.500L21 21',
  help: 'M9 9a3 3 0 1 1 4.500 2.600C12.500 12.200 12 12.800 12 14M12 17.500v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2.500M12 19.500V22M2 12h2.500M19.500 12H22M5 5l1.700 1.700M17.300 17.300L19 19M5 19l1.700-1.700M17.300 6.700L19 5',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500',
  contrast: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 3v18M12 7h7M12 12h9M12 17h7',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  download: 'M12 4v11M7 11l5 5 5-5M4 20h16',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12.500l4.500 4.500L19 7',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M15 5l-7 7 7 7',
  clip: 'M8 12.500l6.500-6.500a3 3 0 0 1 4.500 4.200l-8.500 8.600a5 5 0 0 1-7.200-7L11 4',
  tag: 'M4 4h8l8 8-8 8-8-8zM8.500 8.500v.1',
  refresh: 'M20 12a8 8 0 1 1-2.500-5.800M20 3v5h-5',
  out: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  plus: 'M12 5v14M5 12h14',
  logout: 'M10 4H4v16h6M9 12h11M16 8l4 4-4 4',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 5l12 7-12 7z',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
  unread: 'M3 6h18v12H3zM3 7l9 6 9-6',
};

/** One of the console's own drawings; decoration only, so it is not read aloud. */
export function icon(name, small) {
  return s('svg.icon', { viewBox: '0 0 24 24', 'aria-hidden': 'true', class: small ? 'small' : null }, s('path', { d: icons[name] ?? '' }));
}

/** A button with an icon and no text: the label is for the pointer and for screen readers. */
export function iconButton(name, label, onclick, more) {
  return h('button.button.plain.only-icon', { type: 'button', title: label, 'aria-label': label, onclick, ...more }, icon(name));
}

/** A command or address with a button that copies it. */
export function copyable(text, label = 'Copy') {
  const button = h('button.button.tiny', { type: 'button', 'aria-label': `${label}: ${text}`, onclick: () => copy(text, button) }, 'Copy');
  return h('div.copyable', null, h('code', null, text), button);
}

/** Copies; the button says so for a moment. Where the browser has no clipboard for us, the text is selected instead. */
export async function copy(text, button) {
  const done = await toClipboard(text);
  if (!button) return done;
  const label = button.textContent;
  if (button.dataset.copied) return done;
  button.dataset.copied = '1';
  button.textContent = done ? 'Copied' : 'Select it';
  setTimeout(() => { button.textContent = label; delete button.dataset.copied; }, 1500);
  return done;
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h('textarea.aloud', { value: text, 'aria-hidden': 'true' });
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
