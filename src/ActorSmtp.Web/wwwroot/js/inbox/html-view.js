// HTML mail. It is shown by a document of its own in a frame without scripts, forms, same origin or remote loads; its own
// policy comes with it from the server. Links open in another tab, which knows nothing of this one.
import { fill, h, say } from '../dom.js';
import { messagePath } from './where.js';

const widths = [['Full', ''], ['600', '600'], ['375', '375']];

export class HtmlView {
  constructor(message) {
    this.message = message;
    this.remote = false;
    this.width = '';
    // The buttons stay what they are, so that the focus stays on them.
    this.said = h('span.soft');
    this.toggle = h('button.button.tiny', { type: 'button', onclick: () => { this.remote = !this.remote; this.load(); } });
    this.widths = widths.map(([name, value]) => h('button.button.tiny.plain', { type: 'button', onclick: () => { this.width = value; this.resize(); } }, name));
    this.place = h('div.frame-place');
    this.element = h('div.html-view', null,
      h('div.html-bar', null, this.said, this.toggle, h('div.grow'), h('div.widths', { role: 'group', 'aria-label': 'Width of the page' }, this.widths)),
      this.place);
    this.load();
  }

  load() {
    say(this.said, this.remote ? 'Images and fonts from other servers are shown for this message.' : 'Nothing is loaded from other servers.');
    say(this.toggle, this.remote ? 'Block again' : 'Load remote images');
    fill(this.place, h('iframe.mail', {
      title: 'The message as HTML', sandbox: 'allow-popups allow-popups-to-escape-sandbox', referrerpolicy: 'no-referrer', loading: 'eager',
      src: messagePath(this.message, ['html'], this.remote ? { remote: 1 } : undefined),
    }));
    this.resize();
  }

  resize() {
    this.place.firstElementChild.style.maxWidth = this.width ? `${this.width}px` : '';
    this.widths.forEach((button, i) => button.setAttribute('aria-pressed', String(widths[i][1] === this.width)));
  }
}
