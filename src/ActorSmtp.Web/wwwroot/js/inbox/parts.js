// Headers, the tree of parts, attachments, and what a test usually looks for: codes and links.
import { copy, h, icon } from '../dom.js';
import { oneLine, plural, size } from '../format.js';
import { messagePath } from './where.js';

const pictures = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export function attachments(m) {
  const list = (m.attachmentList ?? []).filter((a) => !a.inline);
  if (!list.length) return null;
  const shown = list.slice(0, 30);
  return h('ul.attachments', { 'aria-label': 'Attachments' }, shown.map((a) => h('li', null, h('a.attachment', {
    href: messagePath(m, ['parts', a.part]), download: '', title: `${oneLine(a.name, 200)}, ${oneLine(a.type, 100)}`,
  }, pictures.has(a.type) && a.octets < 3e6 ? h('img', { src: messagePath(m, ['parts', a.part], { inline: 1 }), alt: '', loading: 'lazy' }) : icon('clip', true),
  h('span.clip', null, oneLine(a.name, 120) || `part ${a.part}`), h('span.faint.nowrap', null, size(a.octets))))),
  list.length > shown.length ? h('li.soft', null, `and ${list.length - shown.length} more, in "Parts"`) : null);
}

/** One-time codes and links, ready to be copied. */
export function found(m) {
  const codes = (m.codes ?? []).slice(0, 5);
  const links = (m.links ?? []).slice(0, 50);
  if (!codes.length && !links.length) return null;
  return h('div.found', null,
    codes.map((c) => {
      const button = h('button.button.tiny', { type: 'button', title: oneLine(c.near, 120) }, 'Copy');
      button.addEventListener('click', () => copy(c.code, button));
      return h('span.code', null, h('span.soft', null, 'Code '), h('code', null, oneLine(c.code, 40)), ' ', button);
    }),
    links.length ? h('details.links', null, h('summary', null, plural(m.links.length, 'link')),
      h('ul', null, links.map((l) => {
        const button = h('button.button.tiny', { type: 'button' }, 'Copy');
        button.addEventListener('click', () => copy(l.url, button));
        return h('li', null, button, h('code.url', null, oneLine(l.url, 1000)), l.text ? h('span.soft.clip', null, oneLine(l.text, 100)) : null);
      }))) : null);
}

export function headerTable(m) {
  const list = m.headers ?? [];
  return h('div.table-wrap', null, h('table.table.headers', null, h('caption.aloud', null, 'Header fields in the order of the message'),
    h('tbody', null, list.map((field) => h('tr', null,
      h('th', { scope: 'row' }, oneLine(field.name, 100)),
      h('td', null, h('span', { dir: 'auto' }, oneLine(field.value, 8000)), differs(field) ? h('details', null, h('summary.faint', null, 'as sent'), h('pre.raw', null, field.raw)) : null))))));
}

const differs = (field) => field.raw && field.raw.replace(/\s+/g, ' ').trim() !== field.value?.replace(/\s+/g, ' ').trim() && field.raw.replace(/^[^:]*:/, '').replace(/\s+/g, ' ').trim() !== field.value?.replace(/\s+/g, ' ').trim();

export function mimeTree(m) {
  return m.mime ? h('ul.tree', { 'aria-label': 'MIME parts' }, node(m, m.mime)) : h('p.soft', null, 'No structure is known.');
}

function node(m, part, depth = 0) {
  const leaf = !part.children?.length;
  return h('li', null, h('div.tree-line', null,
    h('code', null, oneLine(part.type, 120) || 'unknown'),
    part.name ? h('span.clip', null, oneLine(part.name, 200)) : null,
    h('span.faint', null, [part.part && `part ${part.part}`, part.charset, part.encoding, part.disposition, leaf ? size(part.octets) : plural(part.children.length, 'part')].filter(Boolean).map((t) => oneLine(t, 80)).join(' · ')),
    leaf && part.part ? h('a', { href: messagePath(m, ['parts', part.part]), download: '' }, 'download') : null),
  leaf || depth > 20 ? null : h('ul', null, part.children.slice(0, 200).map((child) => node(m, child, depth + 1))));
}
