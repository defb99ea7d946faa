// HTML mail. It is shown by a document of its own in a frame without scripts, forms, same origin or remote loads; its own
// policy comes with it from the server. Links open in another tab, which knows nothing of this one.
import { fill, h } from '../dom.js';
import { messagePath } from './where.js';

const widths = [['Full', ''], ['600', '600'], ['375', '375']];

export class HtmlView {
  constructor(message) {
    this.message = message;
    this.remote = false;
    this.place = h('div.frame-place');
    this.notice = h('div.html-bar');
    this.element = h('div.html-view', null, this.notice, this.place);
    this.width = '';
    this.draw();
  }

  draw() {
    const frame = h('iframe.mail', {
      title: 'The message as HTML', sandbox: 'allow-popups allow-popups-to-escape-sandbox', referrerpolicy: 'no-referrer', loading: 'eager',
      src: messagePath(this.message, ['html'], this.remote ? { remote: 1 } : undefined),
    });
    fill(this.place, frame);
    this.resize();
    fill(this.notice,
      h('span.soft', null, this.remote ? 'Images and fonts from other servers are shown for this message.' : 'Nothing is loaded from other servers.'),
      h('button.button.tiny', { type: 'button', onclick: () => { this.remote = !this.remote; this.draw(); } }, this.remote ? 'Block again' : 'Load remote images'),
      h('div.grow'),
      h('div.widths', { role: 'group', 'aria-label': 'Width of the page' }, widths.map(([name, value]) =>
        h('button.button.tiny.plain', { type: 'button', 'aria-pressed': String(value === this.width), onclick: () => { this.width = value; this.draw(); } }, name))));
  }

  resize() {
    this.place.firstElementChild.style.maxWidth = this.width ? `${this.width}px` : '';
  }
}
