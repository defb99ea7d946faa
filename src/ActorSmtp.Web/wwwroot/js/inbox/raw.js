// The message as it came, octet for octet as far as text can show it; the beginning of a big one.
import { request } from '../api.js';
import { fill, h } from '../dom.js';
import { size } from '../format.js';
import { into } from '../notices.js';
import { messagePath } from './where.js';

const most = 256 * 1024;

export function rawView(place, m) {
  return into(place, () => begin(messagePath(m, ['raw'])), ({ text, cut }) => [
    h('pre.raw', { tabindex: '0', 'aria-label': 'Raw message' }, text),
    cut ? h('p.notice', null, h('span', null, `This is the first ${size(most)} of ${size(m.octets)}. `, h('a', { href: messagePath(m, ['raw'], { download: 1 }), download: '' }, 'Download all of it'))) : null,
  ]);
}

async function begin(where) {
  const response = await request('GET', where, undefined, { accept: 'message/rfc822' });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let octets = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), cut: false };
    octets += value.length;
    text += decoder.decode(value, { stream: true });
    if (octets >= most) {
      await reader.cancel();
      return { text: text.slice(0, most), cut: true };
    }
  }
}
