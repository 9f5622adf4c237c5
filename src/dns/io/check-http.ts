// An HTTP or HTTPS check: one GET, judged by its status and body (health/expectation).

import { type Expectation, judgeReply } from '../health/expectation.ts';
import type { CheckResult } from '../health/health-state.ts';
import { type GetOptions, httpGet } from './http-get.ts';

/** As much of a body as is read and searched. */
const MAX_BODY_BYTES = 65536;

export interface HttpTarget extends Omit<GetOptions, 'maxBodyBytes' | 'longBody' | 'signal'> {
  url: string;
  expected: Expectation;
}

/** Never rejects. */
export async function checkHttp(target: HttpTarget, signal?: AbortSignal): Promise<CheckResult> {
  const { url, expected, ...options } = target;
  try {
    const reply = await httpGet(url, { ...options, maxBodyBytes: MAX_BODY_BYTES, longBody: 'cut', signal });
    return judgeReply(reply, expected);
  } catch (error) {
    return { ok: false, reason: plainReason((error as Error).message) };
  }
}

/** Without OpenSSL's addresses and source files, and Node's advice for its own command line. */
function plainReason(message: string): string {
  const tls = /:SSL routines:[^:]*:([^:]+):/.exec(message);
  return (tls ? `TLS: ${tls[1]}` : message.replace(/; if the root CA .*/, '')).slice(0, 200).trim();
}
