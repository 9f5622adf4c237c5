// Talks to a lab's supervisor over its UNIX socket, seen from the host through the root of the lab's init process.

import { type IncomingMessage, request } from 'node:http';
import type { LabEvent } from '../runtime.ts';
import { fromHost, SUPERVISOR_SOCKET } from './paths.ts';

/** What a connection ends with when the other end is killed. */
const CUT = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'];

export async function askSupervisor<T>(
  initPid: number,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await send(initPid, method, path, body);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const answer = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  if (response.statusCode !== 200)
    throw new Error(answer.error ?? `supervisor answers ${response.statusCode}`);
  return answer as T;
}

/** Ends when the lab does or the signal aborts. */
export async function* followEvents(
  initPid: number,
  fromStart: boolean,
  signal?: AbortSignal,
): AsyncGenerator<LabEvent> {
  if (signal?.aborted) return;
  let response: IncomingMessage | undefined;
  const stop = () => response?.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    response = await send(initPid, 'GET', `/events?fromStart=${fromStart ? 1 : 0}`);
    if (signal?.aborted) return;
    // Not through readline, whose iterator waits for ever when its input is destroyed.
    response.setEncoding('utf8');
    let unfinished = '';
    for await (const text of response) {
      const lines = (unfinished + text).split('\n');
      unfinished = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as LabEvent;
    }
  } catch (error) {
    // The lab's end cuts the stream, or the question already: it is the end and no error.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!signal?.aborted && !CUT.includes(code)) throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    response?.destroy();
  }
}

function send(initPid: number, method: string, path: string, body?: unknown) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(
      { socketPath: fromHost(initPid, SUPERVISOR_SOCKET), method, path, agent: false },
      resolve,
    );
    outgoing.once('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
