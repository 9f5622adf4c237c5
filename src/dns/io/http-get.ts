// A small GET for checks and polls: its own connection each time (a check on a kept one would not notice that new ones
// are refused), one deadline for all of it from lookup to the last byte, a bounded body, and no redirects followed.

import { get } from 'node:http';
import { get as httpsGet, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { parseAddress } from '../../net/ip-address.ts';
import { sharedLookup } from './shared-lookup.ts';

export interface SourceAddresses {
  ipv4?: string;
  ipv6?: string;
}

export interface GetOptions {
  timeoutMs: number;
  maxBodyBytes: number;
  /** What a longer body is: an error (the default), or just cut off there. */
  longBody?: 'refuse' | 'cut';
  /** Which of ours to send from, by the family of the address. */
  sourceAddresses: SourceAddresses;
  /** Connect there instead of to the URL's host. */
  connectTo?: string;
  /** Host header; for https also the name in the handshake and in the certificate. The URL's host when left out. */
  host?: string;
  headers?: Record<string, string>;
  tls?: { ca?: string; verify: boolean };
  signal?: AbortSignal;
}

/** Resolves with the status and body, rejects with an Error whose message is fit for a person. */
export function httpGet(url: string, options: GetOptions): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const parsed = new URL(url);
    const request = (parsed.protocol === 'https:' ? httpsGet : get)(
      requestOptions(parsed, options),
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const done = () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) });
        response.on('data', (chunk: Buffer) => {
          const room = options.maxBodyBytes - bytes;
          bytes += chunk.length;
          chunks.push(chunk.subarray(0, Math.max(0, room)));
          if (bytes <= options.maxBodyBytes) return;
          if (options.longBody === 'cut') {
            done();
            request.destroy();
          } else request.destroy(new Error(`body over ${options.maxBodyBytes} bytes`));
        });
        response.on('error', reject);
        response.on('end', done);
      },
    );
    const timer = setTimeout(
      () => request.destroy(new Error(`timeout after ${options.timeoutMs} ms`)),
      options.timeoutMs,
    );
    const giveUp = () => request.destroy(new Error('stopped'));
    options.signal?.addEventListener('abort', giveUp, { once: true });
    request.on('error', reject);
    // An endpoint that switches protocols would leave the socket in our hands.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      reject(new Error(`HTTP ${response.statusCode}`));
    });
    request.on('close', () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', giveUp);
      reject(new Error('connection closed before the reply ended'));
    });
    if (options.signal?.aborted) giveUp();
  });
}

function requestOptions(url: URL, options: GetOptions): RequestOptions {
  const urlHost = url.hostname.replace(/^\[|\]$/g, '');
  const target = options.connectTo ?? urlHost;
  const name = nameOf(options.host ?? url.host);
  return {
    // Its own agent, so that neither connections nor TLS sessions are used again.
    agent: false,
    host: target,
    port: url.port || undefined,
    path: `${url.pathname}${url.search}`,
    ...(url.username && { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }),
    headers: { host: options.host ?? url.host, connection: 'close', ...options.headers },
    localAddress: sourceAddressFor(target, options.sourceAddresses),
    lookup: sharedLookup,
    ...(url.protocol === 'https:' && {
      servername: isIP(name) ? '' : name,
      rejectUnauthorized: options.tls?.verify ?? true,
      ...(options.tls?.ca !== undefined && { ca: options.tls.ca }),
    }),
  };
}

/** The host of a Host header, without port and brackets. */
function nameOf(hostHeader: string): string {
  return isIP(hostHeader) ? hostHeader : hostHeader.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/** The configured address of the target's family; undefined leaves the choice to the system. */
export function sourceAddressFor(target: string, sources: SourceAddresses): string | undefined {
  const length = parseAddress(target)?.length;
  return length === 16 ? sources.ipv6 : length === 4 ? sources.ipv4 : undefined;
}
