// Asks a service whether it works, over its UNIX socket, on demand: `./lab status` shows what is so now, not what
// was so at the last round of a timer. A service that does not answer in time is unhealthy, which is the truth for
// a stopped (SIGSTOP) one too.

import { askSocket } from '../net/io/ask-socket.ts';
import { readBirdState } from '../routing/io/bird-control.ts';
import type { ServiceHealthCheck } from './lab-plan.ts';
import { expandPlaceholders, type RuntimePaths } from './placeholders.ts';
import { unboundCommand } from './unbound-control.ts';

export interface Health {
  healthy: boolean;
  reason?: string;
  detail?: unknown;
}

const ANSWER_WITHIN_MS = 400;

/** `paths`: what the placeholders in the check's socket mean to this process. */
export async function checkService(check: ServiceHealthCheck, paths: RuntimePaths): Promise<Health> {
  const socket = check.kind === 'running' ? '' : expandPlaceholders(check.socket, paths);
  try {
    switch (check.kind) {
      case 'running':
        return { healthy: true };
      case 'bird':
        return await checkBird(socket);
      case 'unbound':
        return await checkUnbound(socket);
      case 'http':
        return await checkHttp(socket, check.path);
    }
  } catch (error) {
    return { healthy: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Healthy when every BGP session is established; otherwise the reason names those that are not. */
async function checkBird(socket: string): Promise<Health> {
  const { sessions } = await readBirdState(socket, { timeoutMs: ANSWER_WITHIN_MS });
  const down = sessions.filter((session) => !session.established).map((session) => session.name);
  const detail = { sessions: sessions.length, established: sessions.length - down.length };
  if (down.length === 0) return { healthy: true, detail };
  return { healthy: false, reason: `BGP sessions not established: ${down.join(', ')}`, detail };
}

async function checkUnbound(socket: string): Promise<Health> {
  const answer = await unboundCommand(socket, 'status', ANSWER_WITHIN_MS);
  return answer.includes('is running')
    ? { healthy: true }
    : { healthy: false, reason: 'does not say it is running' };
}

async function checkHttp(socketPath: string, path: string): Promise<Health> {
  const { status, text } = await askSocket(socketPath, path, { timeoutMs: ANSWER_WITHIN_MS });
  const detail = parseJson(text);
  return status === 200 ? { healthy: true, detail } : { healthy: false, reason: `answers ${status}`, detail };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
