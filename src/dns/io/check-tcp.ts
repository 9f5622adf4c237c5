// A TCP check: whether a connection is made. It is closed at once, without a byte sent.

import { connect } from 'node:net';
import type { CheckResult } from '../health/health-state.ts';
import { type SourceAddresses, sourceAddressFor } from './http-get.ts';

export interface TcpTarget {
  address: string;
  port: number;
  timeoutMs: number;
  sourceAddresses: SourceAddresses;
}

/** Never rejects. */
export function checkTcp(target: TcpTarget, signal?: AbortSignal): Promise<CheckResult> {
  return new Promise((resolve) => {
    const socket = connect({
      host: target.address,
      port: target.port,
      localAddress: sourceAddressFor(target.address, target.sourceAddresses),
    });
    const settle = (ok: boolean, reason: string) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve({ ok, reason });
    };
    const giveUp = () => settle(false, 'stopped');
    const timer = setTimeout(() => settle(false, `timeout after ${target.timeoutMs} ms`), target.timeoutMs);
    signal?.addEventListener('abort', giveUp, { once: true });
    socket.on('connect', () => settle(true, `TCP ${target.port} connected`));
    socket.on('error', (error) => settle(false, error.message));
    if (signal?.aborted) giveUp();
  });
}
