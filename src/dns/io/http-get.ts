// A small GET for checks and polls: its own connection each time (a check on a kept one would not notice that new ones
// are refused), one deadline for all of it, a bounded body.

import { get } from 'node:http';
import { parseAddress } from '../../net/ip-address.ts';

export interface GetOptions {
  timeoutMs: number;
  maxBodyBytes: number;
  /** Which of ours to send from, by the family of the URL's address. */
  sourceAddresses: { ipv4?: string; ipv6?: string };
}

/** Resolves with the status and body, rejects with an Error whose message is fit for a person. */
export function httpGet(url: string, options: GetOptions): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
    const length = parseAddress(host)?.length;
    const localAddress =
      length === 16 ? options.sourceAddresses.ipv6 : length === 4 ? options.sourceAddresses.ipv4 : undefined;
    const request = get(url, { agent: false, localAddress, headers: { connection: 'close' } }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > options.maxBodyBytes)
          request.destroy(new Error(`body over ${options.maxBodyBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    const timer = setTimeout(
      () => request.destroy(new Error(`timeout after ${options.timeoutMs} ms`)),
      options.timeoutMs,
    );
    request.on('error', reject);
    request.on('close', () => {
      clearTimeout(timer);
      reject(new Error('connection closed before the reply ended'));
    });
  });
}
