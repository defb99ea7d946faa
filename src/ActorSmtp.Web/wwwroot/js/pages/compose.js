// Writing a message. It goes out by the same client as `actorsmtp send`, and what is said is shown as it is said.
import { readEvents, request } from '../api.js';
import { fill, h, icon } from '../dom.js';
import { dialogueLine } from '../dialogue.js';
import { oneLine, size, span } from '../format.js';
import * as events from '../events.js';
import { keys } from '../keys.js';
import { exampleAddress, server, smtpAddress } from '../server.js';

// What was written is still there after a look at another page; it is forgotten with the tab.
let draft = null;

export function open(place, query) {
  events.want({ types: ['message'] });
  const page = new Compose(query);
  fill(place, page.element);
  (page.fields.to.input.value ? page.fields.subject.input : page.fields.to.input).focus();
  const stopKeys = keys('Compose', [['s', 'send it (outside of a field)', () => page.form.requestSubmit()]]);
  return { leave: () => { draft = page.values(); stopKeys(); page.sending?.abort(); } };
}

class Compose {
  constructor(query) {
    const kept = draft ?? { from: exampleAddress('console') };
    this.files = kept.files ?? [];
    this.fields = {
      from: field('from', 'From', { type: 'text', inputmode: 'email', value: kept.from ?? '', autocomplete: 'off', spellcheck: 'false' }),
      to: field('to', 'To', { type: 'text', inputmode: 'email', value: query.get('to') ?? kept.to ?? '', autocomplete: 'off', spellcheck: 'false', placeholder: `${exampleAddress()}, ${exampleAddress('bob')}` }, 'Several with commas between'),
      cc: field('cc', 'Cc', { type: 'text', value: kept.cc ?? '', autocomplete: 'off', spellcheck: 'false' }),
      bcc: field('bcc', 'Bcc', { type: 'text', value: kept.bcc ?? '', autocomplete: 'off', spellcheck: 'false' }, 'Gets it; is not named in it'),
      subject: field('subject', 'Subject', { type: 'text', value: query.get('subject') ?? kept.subject ?? '' }),
      text: field('text', 'Text', { area: true, rows: '10', value: kept.text ?? '' }),
      html: field('html', 'HTML', { area: true, rows: '8', mono: true, value: kept.html ?? '', spellcheck: 'false', placeholder: '<p>Hello</p>' }, 'With both, programs choose'),
      headers: field('headers', 'More header fields', { area: true, rows: '3', mono: true, value: kept.headers ?? '', spellcheck: 'false', placeholder: 'X-Test: 1' }, 'One a line, Name: value'),
      host: field('host', 'Host', { type: 'text', value: kept.host ?? '', autocomplete: 'off', spellcheck: 'false', placeholder: 'mail.example.com' }),
      port: field('port', 'Port', { type: 'text', inputmode: 'numeric', value: kept.port ?? '587', autocomplete: 'off' }),
      user: field('user', 'User', { type: 'text', value: kept.user ?? '', autocomplete: 'off', spellcheck: 'false' }),
      password: field('password', 'Password', { type: 'password', value: '', autocomplete: 'off' }),
    };
    this.tls = h('select.select', { id: 'field-tls' }, [['auto', 'STARTTLS if offered'], ['starttls', 'STARTTLS, or nothing'], ['implicit', 'TLS from the start'], ['off', 'no TLS']].map(([value, text]) => h('option', { value }, text)));
    this.tls.value = kept.tls ?? 'auto';
    this.insecure = h('input', { type: 'checkbox', checked: kept.insecure });
    const radio = (value, text) => h('label.check', null, h('input', { type: 'radio', name: 'server', value, checked: (kept.server ?? 'this') === value, onchange: () => this.choose() }), text);
    this.otherServer = h('div.other-server', null,
      h('div.pair.host-port', null, this.fields.host.element, this.fields.port.element),
      h('div.pair', null, this.fields.user.element, this.fields.password.element),
      h('div.pair', null, h('div.field', null, h('label', { for: 'field-tls' }, 'Encryption'), this.tls), h('label.check.insecure', null, this.insecure, 'Accept any certificate')));
    this.fileInput = h('input.aloud', { type: 'file', multiple: true, id: 'files', onchange: () => { this.addFiles(this.fileInput.files); this.fileInput.value = ''; } });
    this.fileList = h('ul.file-list');
    this.fileMistake = h('p.mistake', { role: 'alert' });
    this.button = h('button.button.primary', { type: 'submit' }, 'Send');
    this.summary = h('p.notice.bad', { role: 'alert', hidden: true, tabindex: '-1' });
    const address = smtpAddress();
    this.copies = h('details.more', { open: !!(kept.cc || kept.bcc) }, h('summary', null, 'Cc and Bcc'), h('div.stack', null, this.fields.cc.element, this.fields.bcc.element));
    this.htmlPart = h('details.more', { open: !!kept.html }, h('summary', null, 'HTML'), this.fields.html.element);
    this.headerPart = h('details.more', { open: !!kept.headers }, h('summary', null, 'More header fields'), this.fields.headers.element);
    this.form = h('form.card.compose-form', { novalidate: true, onsubmit: (e) => { e.preventDefault(); this.send(); } },
      h('div.body.stack', null,
        this.summary,
        this.fields.from.element, this.fields.to.element, this.copies, this.fields.subject.element, this.fields.text.element, this.htmlPart,
        h('div.field', null, h('span.label', null, 'Attachments'), this.fileList, h('div.line', null, h('label.button', { for: 'files' }, icon('clip', true), 'Add files'), this.fileInput, h('span.soft.drop-hint', null, 'or drop them here')), this.fileMistake),
        this.headerPart,
        h('fieldset', null, h('legend', null, 'Through'), h('div.radios', null, radio('this', `This server${address ? ` (${address.text})` : ''}`), radio('other', 'Another server')), this.otherServer),
        h('div.line', null, this.button, h('button.button.plain', { type: 'button', onclick: () => this.clear() }, 'Clear'))));
    for (const type of ['dragover', 'drop']) {
      this.form.addEventListener(type, (e) => {
        if (!e.dataTransfer?.types.includes('Files')) return;
        e.preventDefault();
        if (type === 'drop') this.addFiles(e.dataTransfer.files);
      });
    }
    this.outcome = h('div');
    this.lines = h('ol.dialogue', { 'aria-label': 'SMTP dialogue' });
    this.panel = h('section.card.compose-dialogue', { 'aria-label': 'The dialogue' }, h('header', null, h('h2', null, 'Dialogue')), h('div.body.stack', { 'aria-live': 'polite' }, this.outcome, this.lines));
    this.element = h('div.sheet', null, h('div.head', null, h('h1', null, 'Compose')), h('div.compose', null, this.form, this.panel));
    this.silent();
    this.choose();
    this.drawFiles();
  }

  silent() {
    fill(this.outcome, h('p.soft', null, 'What the two servers say to each other appears here, line by line, as it is said: C is the client, S the server.'));
  }

  get other() { return this.form.querySelector('input[name=server]:checked')?.value === 'other'; }

  choose() { this.otherServer.hidden = !this.other; }

  values() {
    const value = (name) => this.fields[name].input.value;
    return { ...Object.fromEntries(Object.keys(this.fields).filter((n) => n !== 'password').map((n) => [n, value(n)])), files: this.files, tls: this.tls.value, insecure: this.insecure.checked, server: this.other ? 'other' : 'this' };
  }

  clear() {
    for (const [name, f] of Object.entries(this.fields)) { f.input.value = name === 'from' ? exampleAddress('console') : name === 'port' ? '587' : ''; f.complain(''); }
    this.files = [];
    this.drawFiles();
    this.summary.hidden = true;
    fill(this.lines);
    this.silent();
    this.fields.to.input.focus();
  }

  addFiles(files) {
    this.files = [...this.files, ...files];
    this.drawFiles();
  }

  drawFiles() {
    fill(this.fileList, this.files.map((file) => h('li', null, icon('clip', true), h('span.clip', null, oneLine(file.name, 200)), h('span.faint.nowrap', null, size(file.size)),
      h('button.button.tiny.plain', { type: 'button', 'aria-label': `Leave out ${file.name}`, onclick: () => { this.files = this.files.filter((f) => f !== file); this.drawFiles(); } }, '×'))));
    this.fileList.hidden = !this.files.length;
    const most = server?.limits?.messageSize;
    // Base64 makes three octets into four, and each line has an end.
    const sum = this.files.reduce((n, f) => n + f.size, 0) * 1.37;
    this.fileMistake.textContent = most && sum > most ? `Too big: the server takes messages of at most ${size(most)}, and these become ${size(Math.ceil(sum))}.` : '';
  }

  /** What is wrong with it, by field; nothing is sent while there is anything. */
  check() {
    const mistakes = {};
    const v = this.values();
    const from = addresses(v.from);
    if (from.length !== 1) mistakes.from = 'One address, such as ' + exampleAddress('bob');
    else if (!isAddress(from[0])) mistakes.from = `${from[0]} is not an address`;
    const all = [...addresses(v.to), ...addresses(v.cc), ...addresses(v.bcc)];
    if (!all.length) mistakes.to = 'Whom should it reach?';
    for (const name of ['to', 'cc', 'bcc']) {
      const bad = addresses(v[name]).find((a) => !isAddress(a));
      if (bad) mistakes[name] = `${bad} is not an address`;
    }
    if (server?.limits?.recipients && all.length > server.limits.recipients) mistakes.to = `At most ${server.limits.recipients} recipients`;
    const header = v.headers.split('\n').find((line) => line.trim() && !/^[!-9;-~]+:[ \t]*\S/.test(line));
    if (header !== undefined) mistakes.headers = `"${header.trim().slice(0, 60)}" is not Name: value`;
    if (this.other) {
      if (!v.host.trim()) mistakes.host = 'Which server?';
      if (!/^\d{1,5}$/.test(v.port.trim()) || +v.port < 1 || +v.port > 65535) mistakes.port = '1 to 65535';
    }
    if (this.fileMistake.textContent) mistakes.attachments = this.fileMistake.textContent;
    return mistakes;
  }

  complain(mistakes) {
    let first = null;
    for (const [name, f] of Object.entries(this.fields)) {
      const text = mistakes[name] ?? '';
      f.complain(text);
      if (text) { f.input.closest('details')?.setAttribute('open', ''); first ??= f.input; }
    }
    const others = Object.entries(mistakes).filter(([name]) => !(name in this.fields)).map(([, text]) => text);
    this.summary.textContent = others.join(' ');
    this.summary.hidden = !others.length;
    (first ?? (others.length ? this.summary : null))?.focus();
  }

  async send() {
    const mistakes = this.check();
    this.complain(mistakes);
    if (Object.keys(mistakes).length) return;
    this.button.disabled = true;
    this.button.textContent = 'Sending…';
    fill(this.lines);
    fill(this.outcome);
    this.sending = new AbortController();
    let start = null;
    let result = null;
    try {
      const response = await request('POST', '/api/send', await this.body(), { accept: 'text/event-stream', signal: this.sending.signal });
      await readEvents(response, (type, data) => {
        if (type === 'line') {
          start ??= Date.parse(data.at);
          const line = dialogueLine(data, start);
          this.lines.append(line);
          if (matchMedia('(min-width: 1000px)').matches) line.scrollIntoView({ block: 'nearest' });
        } else if (type === 'result') {
          result = data;
        }
      });
      this.show(result ?? { accepted: false, error: 'The dialogue broke off; whether the message was taken is not known.', recipients: [] });
    } catch (problem) {
      if (problem.name === 'AbortError') return;
      if (problem.code === 'invalid') {
        const byField = {};
        for (const [name, list] of Object.entries(problem.errors)) byField[name.replace(/^server\./, '').replace(/[[.].*$/, '')] = list.join(' ');
        this.complain(Object.keys(byField).length ? byField : { all: problem.message });
        this.silent();
      } else {
        fill(this.outcome, h('p.notice.bad', { role: 'alert' }, problem.message));
      }
    } finally {
      this.button.disabled = false;
      this.button.textContent = 'Send';
    }
  }

  show(result) {
    const refused = result.recipients.filter((r) => !r.accepted);
    const taken = result.recipients.length - refused.length;
    const what = result.accepted && !refused.length ? ['good', 'Accepted'] : result.accepted ? ['warn', `Accepted for ${taken} of ${result.recipients.length}`] : ['bad', 'Not accepted'];
    fill(this.outcome, h('div.notice.stack', { class: what[0] },
      h('p', null, h('b', null, what[1]), result.elapsedMs !== undefined ? ` in ${span(result.elapsedMs)}` : '', result.id ? [', id ', h('code', null, oneLine(result.id, 80))] : '', result.tls ? `, ${oneLine(result.tls, 80)}` : ''),
      result.error ? h('p', null, oneLine(result.error, 500)) : null,
      refused.length ? h('ul', null, refused.map((r) => h('li', null, h('b', null, oneLine(r.address, 200)), ': ', oneLine(r.reply, 300)))) : null,
      result.accepted && !this.other ? h('p', null, h('a', { href: '/inbox' }, 'See it in the inbox')) : null));
  }

  async body() {
    const v = this.values();
    const headers = v.headers.split('\n').filter((line) => line.trim()).map((line) => { const at = line.indexOf(':'); return { name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() }; });
    return {
      from: addresses(v.from)[0], to: addresses(v.to), cc: addresses(v.cc), bcc: addresses(v.bcc), subject: v.subject,
      ...(v.text || !v.html ? { text: v.text } : {}), ...(v.html ? { html: v.html } : {}), ...(headers.length ? { headers } : {}),
      ...(this.files.length ? { attachments: await Promise.all(this.files.map(async (f) => ({ name: f.name, ...(f.type ? { type: f.type } : {}), base64: await base64(f) }))) } : {}),
      ...(this.other ? { server: { host: v.host.trim(), port: +v.port, tls: v.tls, insecure: v.insecure, ...(v.user ? { user: v.user, password: this.fields.password.input.value } : {}) } } : {}),
    };
  }
}

function field(name, label, { area, mono, ...attributes }, hint) {
  const id = `field-${name}`;
  const mistake = h('p.mistake', { id: `${id}-mistake`, hidden: true });
  const hintLine = hint ? h('p.hint', { id: `${id}-hint` }, hint) : null;
  const input = h(area ? 'textarea.area' : 'input.input', { id, name, ...attributes, 'aria-describedby': `${hint ? id + '-hint ' : ''}${id}-mistake`, class: mono ? 'mono' : null });
  return {
    input, element: h('div.field', null, h('label', { for: id }, label), input, hintLine, mistake),
    complain(text) {
      mistake.textContent = text;
      mistake.hidden = !text;
      if (text) input.setAttribute('aria-invalid', 'true'); else input.removeAttribute('aria-invalid');
    },
  };
}

/** "Ann <ann@x.org>, bob@y.org" → its parts; commas within quotes and angle brackets do not part. */
export function addresses(text) {
  const parts = [];
  let part = '';
  let quoted = false;
  for (const c of text) {
    if (c === '"') quoted = !quoted;
    if ((c === ',' || c === ';' || c === '\n') && !quoted) { parts.push(part); part = ''; } else part += c;
  }
  return [...parts, part].map((p) => p.trim()).filter(Boolean);
}

function isAddress(text) {
  const inner = /<([^<>]*)>$/.exec(text)?.[1] ?? text;
  return /^("(?:[^"\\]|\\.)+"|[^\s@<>"(),:;\\[\]]+)@(\[[^\s\]]+\]|[^\s@<>"(),:;\\[\]]+)$/.test(inner);
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(new Error(`${file.name} cannot be read`));
    reader.readAsDataURL(file);
  });
}
