// Webhooks: where the server posts events to, and how that goes.
import { get, path, post, remove } from '../api.js';
import { copyable, fill, h } from '../dom.js';
import { count, oneLine, shortTime } from '../format.js';
import { confirm, fault, into, toast } from '../notices.js';

export function webhooksView(panel) {
  const made = h('div', { role: 'status' });
  const list = h('div');
  const url = h('input.input', { id: 'hook-url', type: 'url', required: true, placeholder: 'http://127.0.0.1:3000/mail', autocomplete: 'off' });
  const mailbox = h('input.input', { id: 'hook-mailbox', placeholder: 'every mailbox', autocomplete: 'off' });
  const load = () => into(list, () => get('/api/webhooks'), ({ items }) => items.length ? h('div.table-wrap', null, h('table.table', null,
    h('thead', null, h('tr', null, ['Address', 'Mailbox', 'Delivered', 'Failed', 'Waiting', 'Last', ''].map((t, i) => h('th', { scope: 'col', class: i > 1 && i < 5 ? 'num' : null }, t)))),
    h('tbody', null, items.map((w) => h('tr', null, h('td', null, h('code', null, oneLine(w.url, 300))), h('td', null, oneLine(w.mailbox, 100) || 'every'),
      h('td.num', null, count(w.delivered)), h('td.num', { class: w.failed ? 'bad' : null }, count(w.failed)), h('td.num', null, count(w.waiting)),
      h('td', null, w.lastError ? h('span.bad', null, oneLine(w.lastError, 200)) : w.lastStatus ? `${w.lastStatus} ` : '', w.lastAt ? h('span.faint', null, shortTime(w.lastAt)) : null),
      h('td.num.nowrap', null,
        h('button.button.tiny', { type: 'button', onclick: () => post(path(['webhooks', w.id, 'test'])).then(() => { toast('A test is on its way'); setTimeout(load, 800); }, fault) }, 'Test'), ' ',
        h('button.button.tiny.danger', { type: 'button', onclick: async () => {
          if (await confirm({ title: 'Remove this webhook?', text: w.url, action: 'Remove' })) remove(path(['webhooks', w.id])).then(load, fault);
        } }, 'Remove')))))))
    : h('p.soft.padded', null, 'No webhooks. The server can post every new mail to an address of yours, signed, and tries again when it is not there.'));
  fill(panel, h('form.filters', { onsubmit: async (e) => {
    e.preventDefault();
    try {
      const hook = await post('/api/webhooks', { url: url.value.trim(), ...(mailbox.value.trim() ? { mailbox: mailbox.value.trim() } : {}) });
      url.value = '';
      fill(made, h('div.notice.good.stack', null, h('p', null, 'Made. Its secret, with which every post is signed, is shown this once:'), copyable(hook.secret)));
      load();
    } catch (problem) { fault(problem); }
  } }, h('div.field.grow', null, h('label', { for: 'hook-url' }, 'Address'), url), h('div.field', null, h('label', { for: 'hook-mailbox' }, 'Mailbox'), mailbox), h('button.button.primary', { type: 'submit' }, 'Add a webhook')), made, list);
  load();
}
