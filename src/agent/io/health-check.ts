// Asks the local services whether they work, over the addresses that users use. Every way to fail is an outcome with
// its reason, never an exception.

import { createSocket } from 'node:dgram';
import { request } from 'node:http';
import { isIPv6 } from 'node:net';
import type { CheckOutcome } from '../../routing/anycast-announcement.ts';
import type { CheckConfig } from '../config.ts';
import { encodeSoaQuery, judgeSoaAnswer } from '../dns-check.ts';

/** Passes when every address of the check does; else the first that failed says why. */
export async function checkService(check: CheckConfig, timeoutMs: number): Promise<CheckOutcome> {
  const outcomes =
    check.kind === 'http'
      ? await Promise.all([check.url].flat().map((url) => checkHttp(url, timeoutMs)))
      : await Promise.all(
          [check.address].flat().map((address) => checkDns({ ...check, address }, timeoutMs)),
        );
  return outcomes.find((outcome) => !outcome.ok) ?? outcomes[0] ?? { ok: false, detail: 'nothing to check' };
}

export function checkHttp(url: string, timeoutMs: number): Promise<CheckOutcome> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const outgoing = request(url, { agent: false, signal }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve({ ok: status === 200, detail: `HTTP ${status}` });
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      resolve({
        ok: false,
        detail: signal.aborted ? `HTTP: no answer in ${timeoutMs} ms` : `HTTP: ${reason(error)}`,
      }),
    );
    outgoing.end();
  });
}

export function checkDns(
  { address, port, name }: { address: string; port: number; name: string },
  timeoutMs: number,
): Promise<CheckOutcome> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    queryId = (queryId + 1) & 0xffff;
    const id = queryId;
    let settled = false;
    const settle = (outcome: CheckOutcome) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      socket.close();
      resolve(outcome);
    };
    const timer = setTimeout(
      () => settle({ ok: false, detail: `DNS: no answer in ${timeoutMs} ms` }),
      timeoutMs,
    );
    socket.on('error', (error) => settle({ ok: false, detail: `DNS: ${reason(error)}` }));
    socket.on('message', (message) => {
      const outcome = judgeSoaAnswer(message, id);
      if (outcome) settle(outcome);
    });
    // Connected, so that "port unreachable" comes back as an error and answers come from this server only.
    socket.connect(port, address, () => {
      if (!settled) socket.send(encodeSoaQuery(id, name));
    });
  });
}

let queryId = 0;

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
};

function reason(error: NodeJS.ErrnoException): string {
  return REASONS[error.code ?? ''] ?? error.code ?? error.message;
}
