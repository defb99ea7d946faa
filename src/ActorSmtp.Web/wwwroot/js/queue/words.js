// Words of the queue: states with their colours, when it is tried next, who it is from and for.
import { asDate, oneLine, plural, span } from '../format.js';

export const states = { active: 'accent', waiting: '', held: 'warn', delivered: 'good', relayed: 'good', failed: 'bad' };

export const who = (address) => address ? oneLine(address, 200) : '<>';

/** The first recipients and how many more there are. */
export function recipients(item, most = 2) {
  const named = item.to.slice(0, most).map((t) => oneLine(t, 120));
  const more = item.recipients - named.length;
  return named.join(', ') + (more > 0 ? ` and ${plural(more, 'more', 'more')}` : '');
}

/** in 4 min, now, or nothing. */
export function until(value, now = Date.now()) {
  const date = asDate(value);
  if (!date) return '';
  const left = date.getTime() - now;
  return left <= 0 ? 'now' : `in ${span(Math.ceil(left / 1000) * 1000)}`;
}

/** How long something has been, to the second. */
export function since(value, now = Date.now()) {
  const date = asDate(value);
  return date ? span(Math.max(0, Math.floor((now - date.getTime()) / 1000) * 1000)) : '';
}

/** What it waits for, with the server that said so. */
export const reason = (item) => item.why ? oneLine(item.host ? `${item.host}: ${item.why}` : item.why, 400) : item.failures ? '' : 'not tried yet';
