// The configuration as it is in force: every key, its value, and which file, variable or option it came from.
import { get } from '../api.js';
import { fill, h } from '../dom.js';
import * as events from '../events.js';
import { oneLine, plural } from '../format.js';
import { into } from '../notices.js';
import { server } from '../server.js';
import { tabs } from '../tabs.js';
import { change } from '../router.js';
import { tokensView } from '../access/tokens.js';
import { webhooksView } from '../access/webhooks.js';

const layers = { default: ['', 'default'], profile: ['', 'profile'], file: ['accent', 'file'], environment: ['warn', 'environment'], 'command-line': ['warn', 'command line'] };

export function open(place, query, session) {
  events.want({ types: ['message'] });
  const views = [
    ['values', 'In force', (panel) => into(panel, () => get('/api/config'), drawValues)],
    ['listeners', 'Listeners', (panel) => fill(panel, drawListeners())],
    ['tokens', 'API tokens', (panel) => tokensView(panel, session)],
    ['webhooks', 'Webhooks', (panel) => webhooksView(panel)],
  ];
  const all = tabs('Configuration', views, { first: views.some((v) => v[0] === query.get('view')) ? query.get('view') : undefined, onshow: (name) => change({ view: name === 'values' ? null : name }, { replace: true }) });
  fill(place, h('div.sheet', null,
    h('div.head', null, h('h1', null, 'Configuration'), h('p.lead', null, 'What the server runs with, and where each value came from. It is changed in files, environment variables or with --set, not here; ', h('code', null, 'actorsmtp config check'), ' finds mistakes before a start.')),
    h('section.card.configuration', null, all.element)));
  return { moved: (q) => all.show(q.get('view') ?? 'values') };
}

function drawValues({ values }) {
  const changed = values.filter((v) => v.layer !== 'default');
  const onlyChanged = h('input', { type: 'checkbox', onchange: () => draw() });
  const input = h('input.input', { type: 'search', placeholder: 'Find a setting or a value', 'aria-label': 'Find a setting', autocomplete: 'off', spellcheck: 'false', oninput: () => draw() });
  const number = h('span.soft', { role: 'status' });
  const table = h('div');
  const draw = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = values.filter((v) => (!onlyChanged.checked || v.layer !== 'default') && words.every((w) => `${v.key} ${text(v)} ${v.origin} ${v.help ?? ''}`.toLowerCase().includes(w)));
    number.textContent = shown.length === values.length ? plural(values.length, 'setting') : `${shown.length} of ${plural(values.length, 'setting')}`;
    const groups = Map.groupBy(shown, (v) => groupOf(v.key));
    fill(table, shown.length ? [...groups].map(([name, list]) => h('section.setting-group', null, h('h2', null, name),
      h('div.table-wrap', null, h('table.table.settings', null,
        h('thead.aloud', null, h('tr', null, h('th', null, 'Setting'), h('th', null, 'Value'), h('th', null, 'From'))),
        h('tbody', null, list.map(row))))))
      : h('p.soft.padded', null, 'No setting matches.'));
  };
  draw();
  return [h('div.filters', null, input, h('label.check', null, onlyChanged, `Only what differs from the defaults (${changed.length})`), number), table];
}

const groupOf = (key) => {
  const parts = key.replace(/^actorsmtp\./, '').split('.');
  return parts.length === 1 ? 'server' : parts[0];
};

function row(v) {
  const [kind, word] = layers[v.layer] ?? ['', v.layer];
  return h('tr', { class: v.layer === 'default' ? 'is-default' : null },
    h('td', null, h('code', null, v.key.replace(/^actorsmtp\./, '')), v.help ? h('p.help', null, oneLine(v.help, 400)) : null),
    h('td', null, h('code.value', null, text(v)), v.secret ? h('span.aloud', null, ' (secret)') : null),
    h('td', null, h('span.badge', { class: kind }, word), ' ', h('span.faint.origin', null, oneLine(v.origin, 200))));
}

function text(v) {
  if (v.secret) return '•••';
  if (typeof v.value === 'string') return v.value === '' ? '""' : oneLine(v.value, 600);
  return JSON.stringify(v.value);
}

function drawListeners() {
  if (!server) return h('p.soft.padded', null, 'Nothing is known of the listeners.');
  return [h('div.table-wrap', null, h('table.table', null,
    h('thead', null, h('tr', null, ['Name', 'Address', 'For', 'TLS', 'Login'].map((t) => h('th', { scope: 'col' }, t)))),
    h('tbody', null, server.listeners.map((l) => h('tr', null, h('td', null, l.name), h('td', null, h('code', null, l.address)), h('td', null, l.role), h('td', null, l.tls), h('td', null, l.auth)))))),
  h('dl.facts.padded', null,
    h('dt', null, 'Host name'), h('dd', null, server.hostname),
    h('dt', null, 'Domains'), h('dd', null, server.domains?.includes('*') ? 'every domain' : server.domains?.join(', ')),
    h('dt', null, 'Unknown recipients'), h('dd', null, server.unknownRecipients),
    h('dt', null, 'Data'), h('dd', null, h('code', null, server.dataDirectory)),
    h('dt', null, 'Storage'), h('dd', null, server.storage?.kind, server.storage?.sync === 'never' ? h('span.badge.bad', null, 'sync is off: a power cut loses mail') : ', synced before each 250'))];
}
