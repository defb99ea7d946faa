// A story: everything that was done with a session or a message, by every actor which touched it, in order.
import { h } from './dom.js';
import { exactTime, fullTime, oneLine, span } from './format.js';

const kinds = { warning: 'warn', error: 'bad', info: 'accent', debug: '' };

export function drawStory(story) {
  const entries = story.entries ?? [];
  if (!entries.length) return h('p.soft', null, 'Nothing is kept about this.');
  const start = Date.parse(entries[0].at);
  const nodes = new Set(entries.map((e) => e.node).filter(Boolean));
  return h('div', null,
    h('ol.story', { 'aria-label': 'What happened, in order' }, entries.map((e) => h('li', null,
      h('span.story-dot.dot', { class: kinds[e.level] ?? '' }),
      h('time.faint', { title: fullTime(e.at) }, exactTime(e.at)),
      h('span.since.faint', null, '+' + span(Date.parse(e.at) - start)),
      h('div', null, h('p', null, oneLine(e.what, 500), e.level === 'warning' || e.level === 'error' ? h('span.badge', { class: kinds[e.level] }, e.level) : null),
        e.detail ? h('p.soft', null, oneLine(e.detail, 2000)) : null,
        h('p.faint', null, e.actor ? h('a.quiet', { href: '/live?view=log&actor=' + encodeURIComponent(e.actor) }, h('code', null, oneLine(e.actor, 200))) : null, story.shared || nodes.size > 1 ? ` on ${oneLine(e.node, 80)}` : null))))),
    story.complete === false ? h('p.notice', null, 'Parts of this story are no longer kept, or are still to come.') : null);
}
