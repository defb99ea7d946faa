// Who sent a message, as the server found out when it came: a badge for each method, what it is about and why behind it.
import { h } from '../dom.js';
import { oneLine } from '../format.js';

const classes = { pass: 'good', fail: 'bad', permerror: 'bad', softfail: 'warn', temperror: 'warn', policy: 'warn', neutral: 'warn' };

// What a result is about, the most telling property first.
const about = ['header.d', 'header.from', 'smtp.mailfrom', 'smtp.helo', 'policy.iprev'];

/** The two cells of the list of facts, or nothing where nobody looked. */
export function origin(m) {
  const o = m.origin;
  if (!o) return null;
  return [h('dt', null, 'Origin'), h('dd.origin', null,
    (o.results ?? []).map((r) => h('span.badge', { class: classes[r.result] ?? '', title: tell(r) },
      `${oneLine(r.method, 20)} ${oneLine(r.result, 20)}`, of(r) ? h('span.of', null, ' ' + oneLine(of(r), 60)) : null)),
    o.policy ? h('span.badge.warn', { title: 'X-Policy: ' + oneLine(o.policy.replace(/\\(.)/g, '$1'), 500) }, 'marked: ' + oneLine(o.policy.split(' (')[0], 60)) : null)];
}

const of = (r) => about.map((name) => r.properties?.[name]).find(Boolean);

const tell = (r) => [`${r.method}: ${r.result}`, r.reason, ...Object.entries(r.properties ?? {}).map(([name, value]) => `${name}=${value}`)].filter(Boolean).map((t) => oneLine(t, 300)).join('\n');
