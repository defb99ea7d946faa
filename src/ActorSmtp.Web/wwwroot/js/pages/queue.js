// The outbound queue: what waits for other servers, and why. A server which relays nothing says so.
import { get, path } from '../api.js';
import { h } from '../dom.js';
import { asDate, count, fullTime, oneLine } from '../format.js';
import * as events from '../events.js';
import { into } from '../notices.js';
import { isLaptop, server } from '../server.js';
import { fill } from '../dom.js';

export function open(place) {
  events.want({ types: ['message'] });
  const body = h('div');
  fill(place, h('div.sheet.narrow', null, h('div.head', null, h('h1', null, 'Queue'), h('p.lead', null, 'Mail on its way to other servers, and what it waits for.')), body));
  const load = () => into(body, () => get(path(['queue'], { limit: 200 })), draw);
  load();
  return { leave: events.on('again', load) };
}

function draw(queue) {
  if (queue.items.length) return table(queue);
  if (queue.available === false || server?.outbound?.enabled === false) {
    return h('section.card', null, h('div.empty', null,
      h('h2', null, 'Nothing leaves this machine'),
      h('p', null, isLaptop()
        ? 'This is the laptop profile: mail for every address of every domain stays here, in the mailboxes. The server has no way to send to another one, so a test can never reach a real person.'
        : 'This server delivers to its own mailboxes only; it does not relay to other servers, so nothing can wait here.'),
      h('p', null, 'What was accepted and is on its way to a mailbox is shown as the backlog on ', h('a', { href: '/live' }, 'Live'), '.',
        server?.storage ? ` Now: ${count(server.storage.backlog ?? 0)}.` : ''),
      h('p', null, 'To write to another server by hand, choose it in ', h('a', { href: '/compose' }, 'Compose'), '.')));
  }
  return h('section.card', null, h('div.empty', null, h('h2', null, 'The queue is empty'), h('p', null, 'All mail for other servers has been handed over.')));
}

function table(queue) {
  const columns = [...new Set(queue.items.flatMap((item) => Object.keys(item)))].slice(0, 12);
  return h('section.card', null, h('header', null, h('h2', null, `${count(queue.total ?? queue.items.length)} waiting`)),
    h('div.table-wrap', null, h('table.table', null,
      h('thead', null, h('tr', null, columns.map((c) => h('th', { scope: 'col' }, c)))),
      h('tbody', null, queue.items.map((item) => h('tr', null, columns.map((c) => h('td', null, cell(item[c])))))))));
}

function cell(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && asDate(value)) return fullTime(value);
  return oneLine(typeof value === 'object' ? JSON.stringify(value) : value, 300);
}
