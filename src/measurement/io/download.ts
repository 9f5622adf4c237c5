// A long, slow download that is watched for breaking: a reset, an early end, or no byte for a while. This is how a user
// in the middle of a video notices that a POP died, or that anycast moved the path to another one.

import { connect } from 'node:net';
import { BodyReader, parseResponseHead } from '../http-response.ts';
import type { Download, DownloadOutcome, ProbeTarget } from '../probe-job.ts';
import { requestText } from './http-get.ts';
import { addressOf } from './request.ts';

export interface DownloadOptions {
  stallMs: number;
  /** Ends the download without calling it broken. */
  signal: AbortSignal;
}

export async function download(
  target: ProbeTarget,
  options: DownloadOptions,
): Promise<Omit<Download, 'client'>> {
  const startedAt = Date.now();
  const refused = () => ({
    strategy: target.strategy,
    startedAt,
    endedAt: Date.now(),
    outcome: 'refused' as const,
    bytes: 0,
  });
  let address: string;
  try {
    address = await addressOf(target);
  } catch {
    return refused();
  }
  return watch(target, address, startedAt, options);
}

function watch(
  target: ProbeTarget,
  address: string,
  startedAt: number,
  { stallMs, signal }: DownloadOptions,
): Promise<Omit<Download, 'client'>> {
  return new Promise((resolve) => {
    const report: Omit<Download, 'client'> = {
      strategy: target.strategy,
      startedAt,
      endedAt: startedAt,
      outcome: 'refused',
      address,
      bytes: 0,
    };
    const socket = connect({ host: address, port: target.port ?? 80, noDelay: true });
    let head: Buffer = Buffer.alloc(0);
    let body: BodyReader | undefined;
    let settled = false;
    const finish = (outcome: DownloadOutcome) => {
      if (settled) return;
      settled = true;
      clearTimeout(silence);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve({ ...report, outcome, endedAt: Date.now() });
    };
    const onAbort = () => finish('ended');
    // Before the first byte there is no download to break, only one that could not be begun.
    let silence = setTimeout(() => finish('refused'), target.timeoutMs);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();

    socket.once('connect', () => socket.write(requestText(target)));
    socket.on('data', (chunk: Buffer) => {
      clearTimeout(silence);
      silence = setTimeout(() => finish('stalled'), stallMs);
      report.firstByteAt ??= Date.now();
      if (body === undefined) {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        const parsed = parseResponseHead(head.subarray(0, end).toString('latin1'));
        if (parsed === undefined || parsed.status >= 400) return finish('refused');
        report.pop = parsed.fields.get('x-pop');
        body = new BodyReader(parsed);
        chunk = head.subarray(end + 4);
      }
      const state = body.push(chunk);
      report.bytes = body.bytes;
      if (state === 'complete') finish('complete');
      else if (state === 'malformed') finish('closed');
    });
    socket.on('end', () => finish(body?.completeAtEnd() ? 'complete' : 'closed'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (report.firstByteAt === undefined) finish('refused');
      else finish(error.code === 'ETIMEDOUT' ? 'stalled' : 'reset');
    });
  });
}
