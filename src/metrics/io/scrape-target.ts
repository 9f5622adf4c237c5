// Asks one service for its metrics over its UNIX socket: GET /metrics, or the control socket of BIRD or unbound. UNIX
// sockets are reached by path whatever the network namespace, so that nothing of this touches the lab's network.

import { request } from 'node:http';
import { BirdControl } from '../../routing/io/bird-control.ts';
import { unboundCommand } from '../../runtimes/unbound-control.ts';
import { birdFamilies } from '../bird-metrics.ts';
import type { Target } from '../config.ts';
import { CONTENT_TYPE, formatFamilies } from '../exposition.ts';
import { unboundFamilies } from '../unbound-metrics.ts';

export interface Scraped {
  contentType: string;
  body: Buffer | string;
}

/** What services of a lab send is some 20 KB; more than this is not theirs. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Rejects with a sentence when the service cannot be reached, is slow, or says anything but its metrics. */
export async function scrapeTarget(target: Target, timeoutMs: number): Promise<Scraped> {
  if (target.kind === 'http') return scrapeHttp(target.socket, timeoutMs);
  const families =
    target.kind === 'bird'
      ? await askBird(target.socket, timeoutMs)
      : unboundFamilies(await unboundCommand(target.socket, 'stats_noreset', timeoutMs));
  return { contentType: CONTENT_TYPE, body: formatFamilies(families) };
}

async function askBird(socket: string, timeoutMs: number) {
  const control = new BirdControl(socket, { timeoutMs });
  try {
    const answers = [control.ask('show protocols all'), control.ask('show route count')] as const;
    return birdFamilies(...(await Promise.all(answers)));
  } finally {
    control.close();
  }
}

function scrapeHttp(socketPath: string, timeoutMs: number): Promise<Scraped> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const fail = (error: Error) =>
      reject(signal.aborted ? new Error(`no whole answer in ${timeoutMs} ms`) : error);
    const outgoing = request({ socketPath, path: '/metrics', agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > MAX_BODY_BYTES) outgoing.destroy(new Error(`answers more than ${MAX_BODY_BYTES} bytes`));
      });
      response.on('error', fail);
      response.on('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`answers ${response.statusCode}`));
        const contentType = response.headers['content-type'] ?? CONTENT_TYPE;
        resolve({ contentType, body: Buffer.concat(chunks) });
      });
    });
    outgoing.on('error', fail);
    outgoing.end();
  });
}
