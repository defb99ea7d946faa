// Webhooks: where the server posts events to, and how that goes. The configuration names them; here they are looked at and tried.
import { get, path, post } from '../api.js';
import { fill, h } from '../dom.js';
import { count, fullTime, oneLine, shortTime } from '../format.js';
import { fault, into, toast } from '../notices.js';

const columns = [['Name'], ['Address'], ['Events'], ['Mailboxes'], ['Delivered', 'num'], ['Failed', 'num'], ['Dropped', 'num'], ['Waiting', 'num'], ['Last'], ['']];
const looks = 15;                                           // a second apart, for what came of a test

export function webhooksView(panel) {
  const list = h('div');
  fill(panel, list);
  into(list, () => get('/api/webhooks'), ({ items }) => items.length ? table(items) : none());
}

function none() {
  return h('div.padded.stack', null,
    h('p', null, 'No webhooks. The server can post every new mail to an address of yours, signed, and tries again when it is not there. They are named in the configuration:'),
    h('pre', null, h('code', null, 'webhooks {\n  crm { url = "https://crm.example.com/mail", secret = ${?CRM_SECRET} }\n}')));
}

function table(items) {
  return h('div.table-wrap', null, h('table.table.webhooks', null,
    h('thead', null, h('tr', null, columns.map(([text, kind]) => h('th', { scope: 'col', class: kind }, text)))),
    h('tbody', null, items.map(row))));
}

function row(w) {
  const name = oneLine(w.name, 100);
  return h('tr', { 'data-key': w.name },
    h('td', null, name),
    h('td', null, h('code.value', null, oneLine(w.url, 300)), ' ', w.signed ? null : h('span.badge.warn', { title: 'Without a secret a receiver cannot tell who posted' }, 'not signed')),
    h('td', null, w.events.join(', ')),
    h('td', null, w.mailboxes.length ? w.mailboxes.map((m) => oneLine(m, 100)).join(', ') : 'every'),
    h('td.num', null, count(w.delivered)),
    h('td.num', { class: w.failed ? 'bad' : null }, count(w.failed)),
    h('td.num', { class: w.dropped ? 'bad' : null }, count(w.dropped)),
    h('td.num', null, count(w.waiting)),
    h('td', null, last(w)),
    h('td.num.nowrap', null, h('button.button.tiny', { type: 'button', 'aria-label': `Test ${name}`, onclick: (e) => test(w, e.currentTarget) }, 'Test')));
}

function last(w) {
  return w.lastAt ? [w.lastError ? h('span.bad', null, oneLine(w.lastError, 200)) : h('span.good', null, String(w.lastStatus)), ' ', h('span.faint', { title: fullTime(w.lastAt) }, shortTime(w.lastAt))]
    : h('span.faint', null, 'nothing yet');
}

/** Sends an event of the type test, and shows what comes of the next attempts. */
async function test(w, button) {
  let line = button.closest('tr');
  const show = (now) => {
    const isFocused = line.contains(document.activeElement);
    const next = row(now);
    line.replaceWith(next);
    line = next;
    if (isFocused) line.querySelector('button').focus();
  };
  try {
    show(await post(path(['webhooks', w.name, 'test'])));
    toast('A test is on its way');
    for (let i = 0; i < looks && line.isConnected; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const now = await get(path(['webhooks', w.name]));
      if (!line.isConnected) return;
      show(now);
      if (now.waiting === 0 && now.lastAt !== w.lastAt && !now.lastError) return;
    }
  } catch (problem) {
    fault(problem);
  }
}
