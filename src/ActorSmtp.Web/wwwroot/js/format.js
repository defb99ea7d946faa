// Values as people read them. Times are shown in the reader's zone, with the exact one in a title.

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
const clockSeconds = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false });
const dayMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayMonthYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const grouped = new Intl.NumberFormat('en-US');

/** Today 14:03, this year 3 Nov, before that 3 Nov 2024. */
export function shortTime(value, now = new Date()) {
  const date = asDate(value);
  if (!date) return '';
  if (date.toDateString() === now.toDateString()) return clock.format(date);
  return (date.getFullYear() === now.getFullYear() ? dayMonth : dayMonthYear).format(date);
}

export function fullTime(value) {
  const date = asDate(value);
  return date ? full.format(date) : '';
}

/** 14:03:22.118 */
export function exactTime(value) {
  const date = asDate(value);
  return date ? clockSeconds.format(date) : '';
}

export function asDate(value) {
  if (value === null || value === undefined || value === '') return null;
  const date = value instanceof Date ? value : new Date(value);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** 12 s, 3 min, 2 h 5 min, 4 d: how long something has been or will be. */
export function span(milliseconds) {
  const ms = Math.max(0, milliseconds);
  if (ms < 1) return '0 s';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 5 && seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

/** Octets with a binary prefix, as the server's settings write them. */
export function size(octets) {
  if (octets === null || octets === undefined) return '';
  if (octets < 1024) return `${octets} B`;
  if (octets < 1024 * 1024) return `${(octets / 1024).toFixed(octets < 10240 ? 1 : 0)} KiB`;
  if (octets < 1024 ** 3) return `${(octets / 1024 ** 2).toFixed(octets < 10 * 1024 ** 2 ? 1 : 0)} MiB`;
  return `${(octets / 1024 ** 3).toFixed(1)} GiB`;
}

export function count(number) {
  return number === null || number === undefined ? '' : grouped.format(number);
}

export function plural(number, one, many = one + 's') {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Three digits that matter: 0.12, 4.20, 38.1, 512, 12,400. */
export function digits(number) {
  if (number === null || number === undefined || Number.isNaN(number)) return '–';
  const size = Math.abs(number);
  if (size >= 1000) return grouped.format(Math.round(number));
  if (size >= 100) return number.toFixed(0);
  if (size >= 10) return number.toFixed(1);
  if (size === 0) return '0';
  return number.toFixed(2);
}

// Characters that change the direction of text, hide, or end lines: a subject must not dress up as something else.
const tricky = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

/**
 * Text from outside on one line: control and invisible characters become a visible mark, the joiner of emoji stays
 * between pictures, and the length is bounded.
 */
export function oneLine(text, most = 500) {
  const value = String(text ?? '');
  const cut = value.length > most ? value.slice(0, most) + '…' : value;
  return cut.replace(/[\t\r\n]+ ?/g, ' ').replace(tricky, (c, at, all) => (c === '\u200d' || c === '\ufe0f') && at > 0 && /\p{Extended_Pictographic}|\ufe0f|\p{Emoji}/u.test(before(all, at)) ? c : '\ufffd');
}

function before(text, at) {
  const low = text.charCodeAt(at - 1);
  return low >= 0xdc00 && low <= 0xdfff && at > 1 ? text.slice(at - 2, at) : text[at - 1];
}
