// Asks a service whether it works, over its UNIX socket, on demand: `./lab status` shows what is so now, not what
// was so at the last round of a timer. A service that does not answer in time is unhealthy, which is the truth for
// a stopped (SIGSTOP) one too.

import { request } from 'node:http';
import { readBirdState } from '../routing/io/bird-control.ts';
import type { ServiceHealthCheck } from './lab-plan.ts';
import { unboundCommand } from './unbound-control.ts';

export interface Health {
  healthy: boolean;
  reason?: string;
  detail?: unknown;
}

const ANSWER_WITHIN_MS = 400;

export async function checkService(check: ServiceHealthCheck): Promise<Health> {
  try {
    switch (check.kind) {
      case 'running':
        return { healthy: true };
      case 'bird':
        return await checkBird(check.socket);
      case 'unbound':
        return await checkUnbound(check.socket);
      case 'http':
        return await checkHttp(check.socket, check.path);
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

function checkHttp(socketPath: string, path: string): Promise<Health> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, timeout: ANSWER_WITHIN_MS, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => {
        const detail = parseJson(body);
        const healthy = response.statusCode === 200;
        resolve(
          healthy ? { healthy, detail } : { healthy, reason: `answers ${response.statusCode}`, detail },
        );
      });
      response.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('does not answer')));
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
