// The search box: its terms are the server's, so what it finds is the same as in the API and on the command line.
import { h, icon, iconButton } from '../dom.js';

const terms = [
  ['from:', 'from:bob', 'who sent it'],
  ['to:', 'to:ann@example.com', 'who it is for'],
  ['subject:', 'subject:"your order"', 'in the subject; several words in quotes'],
  ['text:', 'text:invoice', 'in what it says'],
  ['has:attachment', 'has:attachment', 'with a file'],
  ['is:unseen', 'is:unseen', 'not opened yet; also is:seen, is:flagged'],
  ['tag:', 'tag:todo', 'with this tag'],
  ['after:', `after:${new Date(Date.now() - 864e5).toISOString().slice(0, 10)}`, 'received then or later; a day or a time'],
  ['before:', `before:${new Date().toISOString().slice(0, 10)}`, 'received before that'],
  ['larger:', 'larger:1M', 'by size; also smaller:10k'],
  ['mailbox:', 'mailbox:ann', 'in this mailbox'],
  ['-', '-from:cron', 'a minus: everything but'],
];

export class SearchBox {
  constructor({ onsearch }) {
    this.input = h('input.input', {
      type: 'search', 'aria-label': 'Search mail', placeholder: 'Search: words, from:, has:attachment', autocomplete: 'off', spellcheck: 'false', enterkeyhint: 'search',
      onkeydown: (e) => {
        if (e.key === 'Enter') { clearTimeout(this.timer); this.run(); }
        if (e.key === 'Escape') { if (this.input.value) { this.input.value = ''; this.run(); } else this.input.blur(); e.stopPropagation(); }
      },
      oninput: () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.run(), 350); },
    });
    this.mistake = h('p.mistake', { id: 'search-mistake', role: 'alert', hidden: true });
    this.helpButton = iconButton('help', 'What can be searched', () => this.toggle(), { 'aria-expanded': 'false', 'aria-controls': 'search-help' });
    this.help = h('div.search-help#search-help', { hidden: true }, h('dl', null, terms.map(([insert, example, what]) => [
      h('dt', null, h('button', { type: 'button', title: 'Put it into the search', onclick: () => this.insert(insert) }, h('code', null, example))),
      h('dd', null, what)])),
      h('p.soft', null, 'All terms must hold. Capitals do not count.'));
    this.element = h('div.search', { role: 'search' }, h('div.search-line', null, icon('search', true), this.input, this.helpButton), this.mistake, this.help);
    this.onsearch = onsearch;
  }

  run() {
    const text = this.input.value.trim();
    if (text === this.last) return;
    // An operator that still waits for its word is not yet a search.
    if (/(^|\s)-?[a-z]+:$/i.test(this.input.value) && document.activeElement === this.input && text !== '') return;
    this.last = text;
    this.onsearch(text);
  }

  /** From the address: shown, not searched again. */
  show(text) {
    this.last = text;
    if (document.activeElement !== this.input || this.input.value.trim() !== text) this.input.value = text;
    this.complain('');
  }

  complain(text) {
    this.mistake.textContent = text;
    this.mistake.hidden = !text;
    if (text) { this.input.setAttribute('aria-invalid', 'true'); this.input.setAttribute('aria-describedby', 'search-mistake'); }
    else { this.input.removeAttribute('aria-invalid'); this.input.removeAttribute('aria-describedby'); }
  }

  insert(text) {
    const value = this.input.value;
    this.input.value = (value && !value.endsWith(' ') ? value + ' ' : value) + text;
    this.toggle(false);
    this.input.focus();
    this.run();
  }

  toggle(open = this.help.hidden) {
    this.help.hidden = !open;
    this.helpButton.setAttribute('aria-expanded', String(open));
  }

  focus() { this.input.focus(); this.input.select(); }
}
