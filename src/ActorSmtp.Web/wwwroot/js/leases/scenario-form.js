// Making a scenario by hand: for whom, where in the dialogue, what then.
import { post } from '../api.js';
import { fill, h } from '../dom.js';
import { oneLine } from '../format.js';
import { fault } from '../notices.js';
import { exampleAddress } from '../server.js';

const places = [['connect', 'the connection'], ['hello', 'EHLO or HELO'], ['starttls', 'STARTTLS'], ['auth', 'AUTH'], ['mail', 'MAIL'], ['rcpt', 'RCPT'], ['data', 'DATA'], ['content', 'the end of the content, nothing stored'], ['stored', 'the end of the content, stored']];
const actions = [['reply', 'answers'], ['delay', 'answers late, after'], ['drop', 'cuts the connection'], ['failHandshake', 'lets the TLS handshake fail']];

/** A scenario as a sentence. */
export function describe(s) {
  const nth = s.nth > 1 ? `the ${ordinal(s.nth)} ` : '';
  const then = [s.then?.delay && `after ${oneLine(s.then.delay, 20)}`, s.then?.reply && `"${oneLine(s.then.reply, 120)}"`, s.then?.drop && 'the connection is cut', s.then?.failHandshake && 'the TLS handshake fails'].filter(Boolean).join(', ');
  return `at ${nth}${s.at}: ${then || 'the usual'}${s.times === null || s.times === undefined ? ', always' : ''}`;
}

const ordinal = (n) => n + (n % 10 === 1 && n % 100 !== 11 ? 'st' : n % 10 === 2 && n % 100 !== 12 ? 'nd' : n % 10 === 3 && n % 100 !== 13 ? 'rd' : 'th');

export class ScenarioForm {
  constructor(onmade) {
    const select = (id, list) => h('select.select', { id }, list.map(([value, text]) => h('option', { value }, text)));
    this.kind = select('scenario-for', [['recipient', 'recipient'], ['sender', 'sender'], ['lease', 'lease'], ['helo', 'EHLO name'], ['client', 'client address'], ['listener', 'listener']]);
    this.who = h('input.input', { id: 'scenario-who', list: 'scenario-leases', required: true, placeholder: exampleAddress(), autocomplete: 'off', spellcheck: 'false', 'aria-label': 'Which' });
    this.known = h('datalist', { id: 'scenario-leases' });
    this.at = select('scenario-at', places);
    this.at.value = 'rcpt';
    this.nth = h('input.input', { id: 'scenario-nth', type: 'number', min: '1', max: '1000', value: '1' });
    this.times = select('scenario-times', [['1', 'once'], ['2', 'twice'], ['5', '5 times'], ['', 'always']]);
    this.action = select('scenario-action', actions);
    this.value = h('input.input', { id: 'scenario-value', value: '452 4.2.2 Mailbox full', 'aria-label': 'With what', autocomplete: 'off' });
    this.action.addEventListener('change', () => this.choose());
    this.mistake = h('p.mistake', { role: 'alert', hidden: true });
    const field = (label, ...nodes) => h('div.field', null, h('label', { for: nodes[0].id }, label), nodes.length > 1 ? h('div.line', null, nodes) : nodes);
    this.element = h('form.filters.scenario-form', { onsubmit: (e) => { e.preventDefault(); this.make(onmade); } },
      field('For', this.kind, this.who), field('At', this.at), field('From its nth', this.nth), field('How often', this.times), field('The server', this.action, this.value),
      this.known, h('button.button.primary', { type: 'submit' }, 'Arrange it'), this.mistake);
  }

  leases(items) {
    fill(this.known, items.slice(0, 50).map((l) => h('option', { value: l.address })));
  }

  choose() {
    const action = this.action.value;
    this.value.hidden = action === 'drop' || action === 'failHandshake';
    this.value.value = action === 'delay' ? '3s' : '452 4.2.2 Mailbox full';
    if (action === 'failHandshake') this.at.value = 'starttls';
  }

  async make(onmade) {
    const action = this.action.value;
    this.mistake.hidden = true;
    try {
      await post('/api/scenarios', {
        for: { [this.kind.value]: this.who.value.trim() }, at: this.at.value, nth: +this.nth.value || 1, times: this.times.value ? +this.times.value : null,
        then: { [action]: action === 'drop' || action === 'failHandshake' ? true : this.value.value.trim() },
      });
      onmade();
    } catch (problem) {
      if (problem.code !== 'invalid') { fault(problem); return; }
      this.mistake.textContent = Object.values(problem.errors).flat().join(' ') || problem.message;
      this.mistake.hidden = false;
    }
  }
}
