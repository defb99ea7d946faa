// An SMTP dialogue, line by line: when, who, what. Refusals stand out by word and colour.
import { h } from './dom.js';
import { exactTime, oneLine } from './format.js';

const who = { client: ['C', 'client'], server: ['S', 'server'], note: ['·', 'note'] };

export function drawDialogue(lines) {
  const list = h('ol.dialogue', { 'aria-label': 'SMTP dialogue' });
  const start = lines[0]?.at ? Date.parse(lines[0].at) : null;
  for (const line of lines) list.append(dialogueLine(line, start));
  return list;
}

/** One line; `start` is the time of the first, so that the waiting shows. */
export function dialogueLine(line, start) {
  const [letter, name] = who[line.from] ?? who.note;
  const since = line.at && start !== null ? Math.max(0, Date.parse(line.at) - start) : null;
  const refused = line.from === 'server' && /^[45]\d\d/.test(line.text ?? '');
  return h('li', { class: `${name}${refused ? ' refused' : ''}` },
    h('span.at', { title: exactTime(line.at) }, since === null ? '' : since < 10000 ? `${Math.round(since)} ms` : `${(since / 1000).toFixed(1)} s`),
    h('span.who', null, h('span', { 'aria-hidden': 'true' }, letter), h('span.aloud', null, name)),
    h('span.said', null, oneLine(line.text, 2000)));
}
