// Test inboxes that expire, and scenarios: what the server shall do wrong, for whom, how often.
import { get, path, post, remove } from '../api.js';
import { copyable, fill, h, icon, say } from '../dom.js';
import * as events from '../events.js';
import { count, fullTime, oneLine, plural, span } from '../format.js';
import { confirm, fault, into, toast } from '../notices.js';
import { exampleAddress, has, server, smtpAddress } from '../server.js';
import { ScenarioForm, describe } from '../leases/scenario-form.js';

export function open(place) {
  return new Leases(place);
}

class Leases {
  constructor(place) {
    this.made = h('div', { role: 'status' });
    this.list = h('div');
    this.scenarios = h('div');
    this.form = new ScenarioForm(() => this.load());
    this.number = h('span.soft');
    fill(place, h('div.sheet', null,
      h('div.head', null, h('h1', null, 'Leases'), h('p.lead', null, 'Inboxes for test suites: each has an address and a login of its own, waits for mail, and is gone when its time is up. Parallel tests never meet.')),
      h('section.card', null, h('header', null, h('h2', null, 'Test inboxes'), this.number), this.leaseForm(), this.made, this.list),
      has('scenarios') ? h('section.card', null, h('header', null, h('h2', null, 'Scenarios')), this.form.element, this.scenarios) : null,
      teach()));
    events.want({ types: ['lease', 'scenario', 'message'] });
    const soon = () => { this.soon ??= setTimeout(() => { this.soon = null; this.load(); }, 250); };
    this.stops = ['lease', 'scenario', 'message', 'again'].map((type) => events.on(type, soon));
    this.timer = setInterval(() => this.clock(), 1000);
    this.load();
  }

  leave() {
    for (const stop of this.stops) stop();
    clearInterval(this.timer);
    clearTimeout(this.soon);
  }

  leaseForm() {
    const prefix = h('input.input', { id: 'lease-prefix', placeholder: 'signup', maxlength: '32', pattern: '[A-Za-z0-9_\\-]*', title: 'letters, digits, - and _', autocomplete: 'off', spellcheck: 'false' });
    const ttl = h('select.select', { id: 'lease-ttl' }, [['10m', '10 minutes'], ['1h', 'an hour'], ['8h', '8 hours'], ['24h', 'a day']].map(([value, text]) => h('option', { value }, text)));
    return h('form.filters', { onsubmit: async (e) => {
      e.preventDefault();
      try {
        const lease = await post('/api/leases', { ttl: ttl.value, ...(prefix.value.trim() ? { prefix: prefix.value.trim() } : {}) });
        fill(this.made, h('div.notice.good.stack', null, h('p', null, 'Made. The password is shown this once:'),
          h('dl.facts', null, h('dt', null, 'Address'), h('dd', null, copyable(lease.address)), h('dt', null, 'User'), h('dd', null, copyable(lease.user)), h('dt', null, 'Password'), h('dd', null, copyable(lease.password)))));
        this.load();
      } catch (problem) { fault(problem); }
    } },
    h('div.field', null, h('label', { for: 'lease-prefix' }, 'Begins with'), prefix),
    h('div.field', null, h('label', { for: 'lease-ttl' }, 'Lives for'), ttl),
    h('button.button.primary', { type: 'submit' }, icon('plus', true), 'Lease an inbox'));
  }

  load() {
    into(this.list, () => get('/api/leases'), ({ items }) => {
      this.items = items;
      say(this.number, items.length ? plural(items.length, 'lease') : '');
      this.form.leases(items);
      return items.length ? this.table(items) : h('p.soft.padded', null, 'None at the moment. A test suite makes them by the API, as below; this button makes one by hand.');
    });
    if (has('scenarios')) into(this.scenarios, () => get('/api/scenarios'), ({ items }) => items.length ? this.scenarioTable(items)
      : h('p.soft.padded', null, 'The server does nothing wrong at the moment.'));
  }

  table(items) {
    this.clocks = [];
    return h('div.table-wrap', null, h('table.table.leases', null,
      h('thead', null, h('tr', null, ['Address', 'User', 'Mail', 'Time left', ''].map((t, i) => h('th', { scope: 'col', class: i === 2 ? 'num' : null }, t)))),
      h('tbody', null, items.map((lease) => {
        const left = h('span', { title: fullTime(lease.expires) });
        this.clocks.push([left, Date.parse(lease.expires)]);
        this.clock();
        return h('tr', null,
          h('td', null, h('a', { href: '/inbox?' + new URLSearchParams({ mailbox: lease.mailbox }) }, h('code', null, oneLine(lease.address, 200)))),
          h('td', { 'data-is': 'User' }, h('code', null, oneLine(lease.user, 100))),
          h('td.num', { 'data-is': 'Mail' }, count(lease.messages)),
          h('td', { 'data-is': 'Time left' }, left),
          h('td.num.nowrap', null,
            h('button.button.tiny', { type: 'button', onclick: () => post(path(['leases', lease.id, 'renew']), { ttl: '1h' }).then(() => { toast('Lives for another hour'); this.load(); }, fault) }, 'Another hour'), ' ',
            h('button.button.tiny.danger', { type: 'button', onclick: async () => {
              if (await confirm({ title: 'End this lease?', text: `${lease.address}, its ${plural(lease.messages, 'message')} and its scenarios are gone at once.`, action: 'End it' })) remove(path(['leases', lease.id])).then(() => this.load(), fault);
            } }, 'End')));
      }))));
  }

  scenarioTable(items) {
    return h('div.table-wrap', null, h('table.table.leases', null,
      h('thead', null, h('tr', null, ['What happens', 'For', 'Used', ''].map((t, i) => h('th', { scope: 'col', class: i === 2 ? 'num' : null }, t)))),
      h('tbody', null, items.map((s) => h('tr', null,
        h('td', null, s.name ? h('b', null, oneLine(s.name, 80), ': ') : null, describe(s)),
        h('td', { 'data-is': 'For' }, Object.entries(s.for ?? {}).filter(([, v]) => v).map(([k, v]) => [h('span.soft', null, k, ' '), h('code', null, oneLine(v, 120))])),
        h('td.num', { 'data-is': 'Used' }, plural(s.hits ?? 0, 'time'), s.times ? h('span.faint', null, ` of ${s.times}`) : null),
        h('td.num', null, h('button.button.tiny.danger', { type: 'button', onclick: () => remove(path(['scenarios', s.id])).then(() => this.load(), fault) }, 'Remove')))))));
  }

  clock() {
    for (const [node, end] of this.clocks ?? []) {
      const left = end - Date.now();
      say(node, left > 0 ? span(Math.floor(left / 1000) * 1000) : 'over');
      node.classList.toggle('warn', left < 60000);
    }
  }
}

function teach() {
  const base = location.origin;
  const token = server && !['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname) ? ' -H "Authorization: Bearer TOKEN"' : '';
  const address = smtpAddress();
  return h('section.card', null, h('header', null, h('h2', null, 'In a test')), h('div.body.stack', null,
    h('ol.steps', null,
      h('li', null, h('p', null, 'Lease an inbox. The answer has its address, user and password.'), copyable(`curl -X POST${token} ${base}/api/leases`)),
      h('li', null, h('p', null, 'Let the program under test send to it', address ? [', through ', h('code', null, address.text)] : '', '.')),
      h('li', null, h('p', null, 'Wait for the mail. The server answers when it is there; links and one-time codes are taken out of it already.'), copyable(`curl${token} "${base}/api/leases/ID/messages?wait=10s&subject=welcome"`))),
    server?.magicAddresses ? h('p.soft', null, 'Addresses that say what they want need no scenario: ', h('code', null, exampleAddress('fail-450')), ' is refused with 450 at RCPT.') : null,
    h('p.soft', null, 'In .NET tests the whole server runs in process: ', h('code', null, 'await using var smtp = await ActorSmtpServer.StartAsync();'))));
}
