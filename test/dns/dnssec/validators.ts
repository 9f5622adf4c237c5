// Runs delv, dig and ldns' tools against the server of a test.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SignedServer } from './signed-server.ts';

const run = promisify(execFile);

/** What delv says of a question, from the root's key down: its verdicts are comment lines. */
export function delv(server: SignedServer, ...question: string[]): Promise<string> {
  return delvOf(server.port, server.delvAnchors, '.', ...question);
}

/** The same from `top` down, whose keys are in `anchors`. */
export async function delvOf(
  port: number,
  anchors: string,
  top: string,
  ...question: string[]
): Promise<string> {
  const args = ['@127.0.0.1', '-p', String(port), '-a', anchors, `+root=${top}`, ...question];
  try {
    const { stdout, stderr } = await run('delv', args, { timeout: 15_000 });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return `failed: ${stdout}${stderr}`;
  }
}

export async function dig(port: number, ...question: string[]): Promise<string> {
  const args = ['@127.0.0.1', '-p', String(port), '+norecurse', '+tries=1', '+time=3', ...question];
  return (await run('dig', args, { timeout: 15_000 })).stdout;
}
