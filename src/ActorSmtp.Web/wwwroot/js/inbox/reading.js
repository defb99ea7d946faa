// One message: who, what, and its faces (as HTML in a frame that can do nothing, text, headers, parts, raw), and what
// happened to it on the server (the dialogue that brought it, its story).
import { get, patch } from '../api.js';
import { copy, fill, h, icon, iconButton } from '../dom.js';
import { fullTime, oneLine, size } from '../format.js';
import { fault, into, trouble } from '../notices.js';
import { tabs } from '../tabs.js';
import { drawDialogue } from '../dialogue.js';
import { drawStory } from '../story.js';
import { HtmlView } from './html-view.js';
import { origin } from './origin.js';
import { attachments, headerTable, mimeTree, found } from './parts.js';
import { rawView } from './raw.js';
import { fullAddress, idOf, messagePath, subject } from './where.js';

export class Reading {
  /** `on` = { back, remove(message), changed(summary), move(step) } */
  constructor(on) {
    this.on = on;
    this.message = null;
    this.element = h('section.reading', { 'aria-label': 'Message', tabindex: '-1' });
    this.tab = null;
  }

  /** Shows another message (a summary first, the whole as soon as it is read). */
  async open(id, summary, tab) {
    if (this.id === id && this.message) { if (tab && tab !== this.tab) this.tabs?.show(tab); return; }
    this.id = id;
    this.tab = tab;
    this.message = null;
    this.loading?.abort();
    const { signal } = this.loading = new AbortController();
    this.element.setAttribute('aria-busy', 'true');
    // What is on the screen stays until the next is there: no flash of emptiness. Only a slow answer shows the summary alone.
    const slow = setTimeout(() => { if (summary && this.id === id) fill(this.element, this.head(summary), h('p.empty', null, 'Reading…')); }, 250);
    try {
      const message = await get(messagePath(summary), { signal });
      if (this.id !== id) return;
      this.message = message;
      this.draw();
      if (!message.seen) this.markSeen(true);
    } catch (problem) {
      if (problem.name === 'AbortError' || this.id !== id) return;
      fill(this.element, this.head(null), h('div.reading-body.padded', null, problem.status === 404
        ? h('div.empty', null, h('h2', null, 'This message is no longer here'), h('p', null, 'It has been deleted, or another program has taken it from the mailbox.'))
        : trouble(problem, () => { this.id = null; this.open(id, summary, tab); })));
    } finally {
      clearTimeout(slow);
      if (this.id === id) this.element.removeAttribute('aria-busy');
    }
  }

  close(...instead) {
    this.id = null;
    this.message = null;
    this.loading?.abort();
    fill(this.element, ...instead);
  }

  /** Flags and tags that were changed here or elsewhere. */
  update(summary) {
    if (!this.message || idOf(summary) !== this.id) return;
    Object.assign(this.message, { seen: summary.seen, flagged: summary.flagged, tags: summary.tags });
    this.toolbar?.replaceWith(this.toolbar = this.drawToolbar(this.message));
    this.tagLine?.replaceWith(this.tagLine = this.drawTags(this.message));
  }

  async change(parts) {
    const message = this.message;
    if (!message) return;
    try {
      const summary = await patch(messagePath(message), parts);
      this.on.changed(summary);
      this.update(summary);
    } catch (problem) {
      if (problem.status !== 404) fault(problem);
    }
  }

  markSeen(seen = !this.message?.seen) { return this.change({ seen }); }
  toggleFlag() { return this.change({ flagged: !this.message?.flagged }); }
  nextTab(step) { this.tabs?.step(step); }
  focusTag() { this.element.querySelector('.tag-add')?.click(); }

  draw() {
    const m = this.message;
    const views = [
      m.hasHtml && ['html', 'HTML', (place) => { const view = new HtmlView(m); fill(place, view.element); }],
      ['text', 'Text', (place) => fill(place, plain(m))],
      ['headers', 'Headers', (place) => fill(place, headerTable(m))],
      ['mime', 'Parts', (place) => fill(place, mimeTree(m))],
      ['raw', 'Raw', (place) => rawView(place, m)],
      ['transcript', 'Transcript', (place) => into(place, () => get(messagePath(m, ['transcript'])).catch(noLonger('The dialogue which brought this message is no longer kept.')),
        (t) => t.gone ? t.gone : [drawDialogue(t.lines), t.truncated ? h('p.soft', null, 'The beginning or the end is cut: transcripts are kept up to a size.') : null,
          t.sessionId ? h('p.soft', null, 'Session ', h('a', { href: '/live?session=' + encodeURIComponent(t.sessionId) }, h('code', null, t.sessionId))) : null])],
      ['story', 'Story', (place) => into(place, () => get(messagePath(m, ['story'])).catch(noLonger('The story of this message is no longer kept.')), (s) => s.gone ?? drawStory(s))],
    ].filter(Boolean);
    this.tabs = tabs('Views of the message', views, { first: views.some((v) => v[0] === this.tab) ? this.tab : undefined, onshow: (name) => { this.tab = name; this.on.tab(name, name === views[0][0]); } });
    fill(this.element, this.head(m), this.tabs.element);
  }

  head(m) {
    if (!m) return h('header.reading-head', null, h('div.line', null, this.backButton()));
    this.toolbar = this.drawToolbar(m);
    this.tagLine = this.drawTags(m);
    const people = (label, list) => list?.length ? [h('dt', null, label), h('dd', null, list.map((a, i) => [i ? ', ' : null, h('span.person', null, fullAddress(a))]))] : null;
    return h('header.reading-head', null,
      this.toolbar,
      h('h1.subject', null, subject(m)),
      h('dl.facts', null,
        h('dt', null, 'From'), h('dd', null, m.from ? h('span.person', null, fullAddress(m.from)) : h('span.faint', null, 'no From')),
        people('To', m.to), people('Cc', m.cc), people('Reply to', m.replyTo),
        origin(m),
        h('dt', null, 'Received'), h('dd', null, fullTime(m.receivedAt), h('span.faint', null, ` · ${size(m.octets)}`), m.deliveredTo ? h('span.faint', null, ` · for ${oneLine(m.deliveredTo, 320)}`) : null)),
      this.tagLine,
      m.defects?.length ? h('details.defects', null, h('summary', null, icon('help', true), `${m.defects.length === 1 ? 'One thing' : m.defects.length + ' things'} a strict program would not like`), h('ul', null, m.defects.map((d) => h('li', null, oneLine(d))))) : null,
      found(m), attachments(m));
  }

  backButton() {
    return iconButton('back', 'Back to the list (u)', () => this.on.back(), { class: 'back' });
  }

  drawToolbar(m) {
    return h('div.line.toolbar', { role: 'toolbar', 'aria-label': 'Message' }, this.backButton(),
      h('button.button.plain', { type: 'button', title: 'Delete (#)', onclick: () => this.on.remove(m) }, icon('trash'), h('span.word', null, 'Delete')),
      h('button.button.plain', { type: 'button', title: 'Mark as unread (m)', onclick: () => this.markSeen() }, icon('unread'), h('span.word', null, m.seen ? 'Unread' : 'Read')),
      h('button.button.plain', { type: 'button', title: 'Flag (s)', 'aria-pressed': String(!!m.flagged), onclick: () => this.toggleFlag() }, h('span', { 'aria-hidden': 'true' }, m.flagged ? '★' : '☆'), h('span.word', null, 'Flag')),
      h('a.button.plain', { href: messagePath(m, ['raw'], { download: 1 }), download: '', title: 'Download the message as it is on disk' }, icon('download'), h('span.word', null, '.eml')),
      h('div.grow'),
      iconButton('back', 'The newer message (k)', () => this.on.move(-1), { class: 'up' }),
      iconButton('back', 'The older message (j)', () => this.on.move(1), { class: 'down' }));
  }

  drawTags(m) {
    const line = h('div.tag-line');
    const draw = () => fill(line,
      (m.tags ?? []).map((tag) => h('span.chip', null, oneLine(tag, 40), h('button', { type: 'button', 'aria-label': `Take the tag ${tag} away`, onclick: () => this.change({ tags: m.tags.filter((t) => t !== tag) }) }, '×'))),
      h('button.button.plain.tiny.tag-add', { type: 'button', onclick: ask }, icon('tag', true), 'Tag'));
    const ask = () => {
      const input = h('input.input.tag-input', { 'aria-label': 'New tag', maxlength: '50', placeholder: 'tag', onkeydown: (e) => {
        if (e.key === 'Enter') {
          const tag = input.value.trim();
          if (tag && !(m.tags ?? []).includes(tag)) this.change({ tags: [...(m.tags ?? []), tag] });
          else draw();
        } else if (e.key === 'Escape') { draw(); e.stopPropagation(); }
      }, onblur: () => { if (!input.value.trim()) draw(); } });
      line.lastElementChild.replaceWith(input);
      input.focus();
    };
    draw();
    return line;
  }
}

const noLonger = (sentence) => (problem) => {
  if (problem.status === 404) return { gone: h('p.soft', null, sentence) };
  throw problem;
};

function plain(m) {
  if (m.text === null || m.text === undefined || m.text === '') return h('p.soft', null, m.hasHtml ? 'This message has no plain text, only HTML.' : 'This message is empty.');
  const button = h('button.button.tiny', { type: 'button', onclick: () => copy(m.text, button) }, 'Copy');
  return [h('div.float', null, button), h('pre.plain', { dir: 'auto' }, m.text),
    m.textTruncated ? h('p', null, h('a', { href: messagePath(m, ['text']), target: '_blank', rel: 'noopener' }, 'The text is longer: open all of it')) : null];
}
