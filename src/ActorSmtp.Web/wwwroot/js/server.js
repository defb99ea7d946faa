// What the console knows about the server it belongs to. Read at the start, again when the stream comes back.
import { get } from './api.js';
import * as events from './events.js';

export let server = null;

export async function loadServer() {
  server = await get('/api/server');
  return server;
}

events.on('again', ({ lost }) => lost ? null : loadServer().catch(() => {}));

/** Where a program on this machine sends to: the first listener that takes mail without more ado. */
export function smtpAddress() {
  const listeners = (server?.listeners ?? []).filter((l) => l.address && !l.address.startsWith('unix:'));
  const plain = listeners.filter((l) => l.tls !== 'implicit' && l.tls !== 'required' && l.role !== 'lmtp' && l.role !== 'pop3');
  const chosen = plain.find((l) => l.auth !== 'required') ?? plain[0] ?? listeners[0];
  if (!chosen) return null;
  const at = chosen.address.lastIndexOf(':');
  let host = chosen.address.slice(0, at).replace(/^\[|\]$/g, '');
  if (host === '0.0.0.0' || host === '::' || host === '*') host = location.hostname;
  return { host, port: chosen.address.slice(at + 1), text: `${host.includes(':') ? `[${host}]` : host}:${chosen.address.slice(at + 1)}`, listener: chosen };
}

/** An address that the server takes mail for, for examples. */
export function exampleAddress(name = 'ann') {
  const domain = (server?.domains ?? []).find((d) => d && d !== '*');
  return `${name}@${domain ?? 'example.com'}`;
}

export const isLaptop = () => server?.profile === 'laptop';
export const has = (feature) => !server?.features || server.features.includes(feature);
