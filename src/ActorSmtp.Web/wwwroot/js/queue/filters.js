// What of the queue is shown. The address of the page has it, so that every view can be linked.
import { h } from '../dom.js';
import { oneLine } from '../format.js';
import { change } from '../router.js';

const names = ['destination', 'sender', 'recipient', 'state', 'olderThan', 'error'];
const ages = [['', 'Any age'], ['10m', '10 min or older'], ['1h', 'an hour or older'], ['4h', '4 hours or older'], ['1d', 'a day or older'], ['3d', '3 days or older']];
const states = [['', 'Any state'], ['active', 'being tried'], ['waiting', 'waiting'], ['held', 'held']];

export class Filters {
  constructor() {
    this.fields = {};
    const field = (name, label, hint) => h('input.input', {
      type: 'search', 'aria-label': label, placeholder: label, title: hint ?? null, autocomplete: 'off', spellcheck: 'false',
      oninput: (e) => { clearTimeout(this.typing); this.typing = setTimeout(() => this.set(name, e.target.value.trim()), 350); },
    });
    const choice = (name, label, list) => h('select.select', { 'aria-label': label, onchange: (e) => this.set(name, e.target.value) }, list.map(([value, text]) => h('option', { value }, text)));
    this.fields.destination = field('destination', 'Destination', 'A domain, or one with a dot before it for every domain below: .far.example');
    this.fields.sender = field('sender', 'Sender', 'In the sender\'s address; <> for bounces');
    this.fields.recipient = field('recipient', 'Recipient', 'In the address of a recipient');
    this.fields.error = field('error', 'Reason', 'In what the last attempt ended with: greylist, timed out…');
    this.fields.state = choice('state', 'State', states);
    this.fields.olderThan = choice('olderThan', 'Age', ages);
    this.clear = h('button.button.tiny.plain', { type: 'button', hidden: true, onclick: () => change(Object.fromEntries([...names, 'cursor'].map((n) => [n, null]))) }, 'Show all');
    this.mistake = h('p.mistake', { role: 'alert', hidden: true });
    this.element = h('div.filters.queue-filters', { role: 'search', 'aria-label': 'Filter the queue' }, Object.values(this.fields), this.clear, this.mistake);
  }

  set(name, value) { change({ [name]: value, cursor: null }, { replace: true }); }

  /** The address says what is looked for; answers whether that is something else than before. */
  moved(query) {
    const next = Object.fromEntries(names.map((n) => [n, query.get(n) ?? '']));
    const other = !this.filter || names.some((n) => next[n] !== this.filter[n]);
    this.filter = next;
    for (const name of names) {
      const node = this.fields[name];
      if (document.activeElement === node && node.tagName === 'INPUT') continue;
      // An age from a link that is not in the list is shown all the same.
      if (node.tagName === 'SELECT' && ![...node.options].some((o) => o.value === next[name])) node.append(h('option', { value: next[name] }, oneLine(next[name], 20)));
      node.value = next[name];
    }
    this.clear.hidden = !this.isSet;
    return other;
  }

  get isSet() { return names.some((n) => this.filter[n]); }

  /** As the API takes it. */
  get values() { return Object.fromEntries(Object.entries(this.filter).filter(([, value]) => value)); }

  /** For people: "mail for far.example that is held". */
  get words() {
    const f = this.filter;
    if (!this.isSet) return '';
    return 'mail' + (f.destination ? ` for ${oneLine(f.destination, 80)}` : '') + (f.sender ? ` from ${oneLine(f.sender, 80)}` : '') + (f.recipient ? ` to ${oneLine(f.recipient, 80)}` : '')
      + (f.state ? ` that is ${f.state}` : '') + (f.olderThan ? ` older than ${oneLine(f.olderThan, 20)}` : '') + (f.error ? ` with "${oneLine(f.error, 80)}" as the reason` : '');
  }

  complain(text) {
    this.mistake.hidden = !text;
    this.mistake.textContent = text;
  }

  focus() { this.fields.destination.focus(); }

  dispose() { clearTimeout(this.typing); }
}
