// One message in the list. Rows are used again for other messages, so everything in them is set each time.
import { h, icon, say } from '../dom.js';
import { fullTime, oneLine, shortTime, size } from '../format.js';
import { idOf, sender, subject } from './where.js';

export function drawRow(message, row, { showMailbox, selected }) {
  const parts = row.__parts ??= makeParts(row);
  row.classList.toggle('unseen', !message.seen);
  row.classList.toggle('picked', selected.has(idOf(message)));
  say(parts.from, sender(message));
  parts.from.title = message.from?.address ?? '';
  say(parts.subject, subject(message));
  say(parts.snippet, oneLine(message.snippet, 200));
  say(parts.time, shortTime(message.receivedAt));
  parts.time.title = `${fullTime(message.receivedAt)}, ${size(message.octets)}`;
  say(parts.mailbox, showMailbox ? '→ ' + oneLine(message.mailbox, 80) : '');
  parts.clip.hidden = !message.attachments;
  parts.flag.hidden = !message.flagged;
  parts.unseen.hidden = message.seen;
  const tags = message.tags ?? [];
  const text = tags.join('\n');
  if (parts.tags.dataset.tags !== text) {
    parts.tags.dataset.tags = text;
    parts.tags.replaceChildren(...tags.slice(0, 3).map((tag) => h('span.chip', null, oneLine(tag, 24))));
  }
}

function makeParts(row) {
  const parts = {
    unseen: h('span.dot.accent', null, h('span.aloud', null, 'unread')), from: h('span.from.clip'), mailbox: h('span.for.clip'), time: h('time'),
    subject: h('span.subject.clip'), clip: h('span.mark', { title: 'with attachments' }, icon('clip', true), h('span.aloud', null, 'with attachments')),
    flag: h('span.mark.warn', { title: 'flagged' }, '★', h('span.aloud', null, 'flagged')), snippet: h('span.snippet.clip'), tags: h('span.tags'),
  };
  row.append(
    h('div.line', null, parts.unseen, parts.from, parts.mailbox, parts.time),
    h('div.line', null, parts.subject, parts.clip, parts.flag),
    h('div.line', null, parts.snippet, parts.tags));
  return parts;
}
