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
    // Node adds advice for its own command line to TLS errors, which is not the operator's.
    const message = (error as Error).message.replace(/; if the root CA .*/, '');
    return { ok: false, reason: message.slice(0, 200) };
  }
}
