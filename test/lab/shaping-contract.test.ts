// The shaping contract, run for every shaper this machine can offer: the relay on interfaces and over an underlay
// network, the kernel's netem where it has one, and real netem inside user-mode Linux (where the whole host file system
// is the root, read-only).

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, it } from 'vitest';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { detectNetem } from '../../src/shaping/io/detect-netem.ts';
import { CONTRACT, type Measured } from '../shaping/contract/expectations.ts';
import { runInNamespaces } from '../shaping/contract/in-namespaces.ts';

const RUNNER = fileURLToPath(new URL('../shaping/contract/run-contract.ts', import.meta.url));
const MODULE_LOADER = fileURLToPath(new URL('../shaping/contract/load-modules.ts', import.meta.url));
const UML = '/usr/bin/linux.uml';
/** User-mode Linux is ten times slower, and so is what it adds. */
const UML_UPLOAD_BYTES = '4000000';
const UML_PACE = '5';
const TIMEOUT_MS = 120_000;

const runs: { shaper: string; measure: () => Promise<Measured>; toleranceMs: number }[] = [
  { shaper: 'relay', measure: () => inNamespaces('relay'), toleranceMs: 0.5 },
  { shaper: 'underlay', measure: () => inNamespaces('underlay'), toleranceMs: 0.5 },
];
if ((await detectNetem()).available)
  runs.push({ shaper: 'netem', measure: () => inNamespaces('netem'), toleranceMs: 0.5 });
if (existsSync(UML))
  runs.push({ shaper: 'netem in user-mode Linux', measure: () => inUserModeLinux(), toleranceMs: 2 });

describe.each(runs)('$shaper', ({ measure, toleranceMs }) => {
  let measured: Measured;
  beforeAll(async () => {
    measured = await measure();
  }, TIMEOUT_MS);

  it.each(CONTRACT)('%s', (_sentence, check) => {
    check(measured, toleranceMs);
  });
});

async function inNamespaces(shaper: string): Promise<Measured> {
  return parse(await runInNamespaces(RUNNER, [shaper], TIMEOUT_MS));
}

async function inUserModeLinux(): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'catchment-uml-'));
  const init = join(folder, 'init');
  writeFileSync(init, initScript(), { mode: 0o755 });
  const root = ['root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', 'con0=fd:0,fd:1', 'con=null'];
  try {
    return parse(await output(UML, ['mem=1G', ...root, 'quiet', `init=${init}`]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first process of the user-mode Linux: mounts, modules, the contract, the end. */
function initScript(): string {
  const [node, runner, loader] = [process.execPath, RUNNER, MODULE_LOADER].map((path) =>
    path.replace(PROJECT_FOLDER, '/run/project'),
  );
  return `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/project
# The checkout may be in /tmp, which is about to be covered.
mount --bind ${PROJECT_FOLDER} /run/project
mount -t tmpfs tmpfs /tmp
mount -t devtmpfs devtmpfs /dev 2>/dev/null
${node} ${loader} /usr/lib/uml/modules crc-ccitt ipv6 veth sch_netem sch_ingress cls_bpf
ip link set lo up
${node} ${runner} netem ${UML_UPLOAD_BYTES} ${UML_PACE} </dev/null
echo "exit code $?"
echo o >/proc/sysrq-trigger
sleep 10
`;
}

function output(command: string, argv: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      argv,
      { timeout: TIMEOUT_MS, maxBuffer: 16 << 20 },
      (error, stdout, stderr) => {
        const text = `${stdout}\n${stderr}`;
        // User-mode Linux leaves with a code of its own after a power-off; what counts is whether it has measured.
        if (text.includes('{"measured"')) resolve(text);
        else reject(new Error(`${error?.message ?? 'no measurement'}\n${text.slice(-3000)}`));
      },
    );
    child.stdin?.end();
  });
}

function parse(text: string): Measured {
  const line = text.split('\n').find((candidate) => candidate.includes('{"measured"')) ?? '';
  return JSON.parse(line.slice(line.indexOf('{"measured"'))).measured;
}
