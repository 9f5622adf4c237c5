// BIND's named on loopback as an oracle: primary or secondary of some zones, in a folder of its own, on a free port.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeResponse, encodeQuery, type Response } from '../../../src/dns/wire/query.ts';
import { freePort } from '../../net/support/free-port.ts';

export interface Named {
  port: number;
  folder: string;
  /** One query over UDP; throws after two seconds without a reply. */
  ask(name: string, type: number): Promise<Response>;
  output(): string;
  close(): Promise<void>;
}

/** Where Debian's bind9 package puts it. */
const NAMED = '/usr/sbin/named';

/** Says aloud what is missing: a test that is skipped in silence counts as passed. */
export function namedIsMissing(): boolean {
  if (existsSync(NAMED)) return false;
  console.warn(`SKIPPED: ${NAMED} is missing; install Debian's bind9 to compare with an independent server`);
  return true;
}

/** `zones` maps an origin without the final dot to the file's text, or to named's statements for it (`{ type …; }`). */
export async function startNamed(
  zones: Record<string, { text: string } | { statements: string }>,
): Promise<Named> {
  const folder = mkdtempSync(join(tmpdir(), 'catchment-named-'));
  const port = await freePort();
  const statements = Object.entries(zones).map(([origin, zone], i) => {
    if ('statements' in zone) return `zone "${origin}" ${zone.statements}`;
    writeFileSync(join(folder, `${i}.zone`), zone.text);
    return `zone "${origin}" { type primary; file "${i}.zone"; check-names ignore; check-integrity no; };`;
  });
  writeFileSync(
    join(folder, 'named.conf'),
    `options {
      directory "${folder}"; pid-file none; session-keyfile none; lock-file none;
      listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
      recursion no; minimal-responses yes; minimal-any no; zero-no-soa-ttl no; notify no; dnssec-validation no;
      empty-zones-enable no; allow-query { any; }; allow-transfer { none; };
    };
    controls { };
    ${statements.join('\n')}\n`,
  );
  const child = spawn(NAMED, ['-g', '-n', '1', '-c', join(folder, 'named.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const close = () => stop(child).then(() => rmSync(folder, { recursive: true }));
  for (let waited = 0; !output.includes('running\n'); waited += 50) {
    if (child.exitCode !== null || waited > 10_000) {
      await close();
      throw new Error(`named did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { port, folder, ask: (name, type) => ask(port, name, type), output: () => output, close };
}

export async function ask(port: number, name: string, type: number): Promise<Response> {
  const socket = createSocket('udp4');
  const query = encodeQuery({ id: 4711, name, type, edns: {} });
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no reply for ${name}`)), 2000);
      socket.on('error', reject);
      socket.on('message', (packet) => {
        clearTimeout(timer);
        const response = decodeResponse(packet);
        if (response) resolve(response);
        else reject(new Error(`unreadable reply for ${name}`));
      });
      socket.send(query, port, '127.0.0.1');
    });
  } finally {
    socket.close();
  }
}

/** Output and exit code of a program that may well fail. */
export function run(
  program: string,
  argv: readonly string[],
  input?: string,
): { code: number; output: string } {
  try {
    const output = execFileSync(program, argv, {
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: 10_000,
    });
    return { code: 0, output };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number | null; stdout: string; stderr: string };
    return { code: status ?? -1, output: `${stdout}${stderr}` };
  }
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill();
  });
}
