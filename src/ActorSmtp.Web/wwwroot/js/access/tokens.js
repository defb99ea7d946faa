// Tokens for programs: made here, shown once, taken back here.
import { get, path, post, remove } from '../api.js';
import { copyable, fill, h } from '../dom.js';
import { fullTime, oneLine, shortTime } from '../format.js';
import { confirm, fault, into } from '../notices.js';

export function tokensView(panel, session) {
  const made = h('div', { role: 'status' });
  const list = h('div');
  const name = h('input.input', { id: 'token-name', required: true, maxlength: '64', placeholder: 'ci', autocomplete: 'off' });
  const expires = h('select.select', { id: 'token-expires' }, [['30d', '30 days'], ['1d', 'a day'], ['365d', 'a year'], ['', 'never']].map(([value, text]) => h('option', { value }, text)));
  const load = () => into(list, () => get('/api/tokens'), ({ items }) => items.length ? h('div.table-wrap', null, h('table.table', null,
    h('thead', null, h('tr', null, ['Name', 'Made', 'Used', 'Expires', ''].map((t) => h('th', { scope: 'col' }, t)))),
    h('tbody', null, items.map((t) => h('tr', null, h('td', null, oneLine(t.name, 64)), h('td', { title: fullTime(t.createdAt) }, shortTime(t.createdAt)),
      h('td', { title: fullTime(t.lastUsedAt) }, t.lastUsedAt ? shortTime(t.lastUsedAt) : 'not yet'), h('td', { title: fullTime(t.expiresAt) }, t.expiresAt ? shortTime(t.expiresAt) : 'never'),
      h('td.num', null, h('button.button.tiny.danger', { type: 'button', onclick: async () => {
        if (!await confirm({ title: `Take back "${oneLine(t.name, 64)}"?`, text: 'Programs that use this token are refused from now on.', action: 'Take back' })) return;
        try { await remove(path(['tokens', t.id])); load(); } catch (problem) { fault(problem); }
      } }, 'Take back')))))))
    : h('p.soft.padded', null, 'No tokens. ', session.login === 'none' ? 'From this machine the API needs none.' : 'A program sends one as Authorization: Bearer …'));
  fill(panel, h('form.filters', { onsubmit: async (e) => {
    e.preventDefault();
    try {
      const token = await post('/api/tokens', { name: name.value.trim(), ...(expires.value ? { expires: expires.value } : {}) });
      name.value = '';
      fill(made, h('div.notice.good.stack', null, h('p', null, `The token "${oneLine(token.name, 64)}". It is shown this once.`), copyable(token.token)));
      load();
    } catch (problem) { fault(problem); }
  } }, h('div.field', null, h('label', { for: 'token-name' }, 'Name'), name), h('div.field', null, h('label', { for: 'token-expires' }, 'Valid for'), expires), h('button.button.primary', { type: 'submit' }, 'Make a token')), made, list);
  load();
}
