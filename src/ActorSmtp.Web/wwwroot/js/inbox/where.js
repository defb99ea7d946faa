// Names of things in the inbox: how a message is told from all others, and its paths in the API.
import { path } from '../api.js';
import { oneLine } from '../format.js';

/** Keys are unique in a mailbox only. */
export const idOf = (message) => `${message.mailbox}/${message.key}`;

export function fromId(id) {
  const at = id.lastIndexOf('/');
  return at < 0 ? null : { mailbox: id.slice(0, at), key: id.slice(at + 1) };
}

export const messagePath = (message, rest = [], query) => path(['mailboxes', message.mailbox, 'messages', message.key, ...rest], query);

/** Who it is from, as a short name. */
export function sender(message) {
  const from = message.from;
  if (!from) return '(no sender)';
  return oneLine(from.name || from.address, 120) || '(no sender)';
}

/** Both the name, which anyone can choose, and the address. */
export function fullAddress(address) {
  const where = oneLine(address.address, 320);
  return address.name ? `${oneLine(address.name, 200)} <${where}>` : where;
}

export const subject = (message) => oneLine(message.subject, 300) || '(no subject)';
