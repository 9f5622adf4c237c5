// Every BIRD configuration is read by BIRD itself (`bird -p`) before anything is created: a router that would refuse
// its configuration stops the lab here, with BIRD's own words.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Problem, UserError } from '../base/errors.ts';
import type { LabPlan } from '../runtimes/lab-plan.ts';

export async function checkBirdConfigs(plan: LabPlan): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'catchment-bird-'));
  try {
    const configs = plan.files.filter((file) => file.path.endsWith('/bird.conf'));
    for (const file of configs) writeFileSync(join(folder, flatName(file.path)), file.content);
    // One shell for all of them: a process per check, but none per spawn from a big parent.
    const script = 'for f in *; do bird -p -c "$f" 2>&1 || echo "FAILED $f"; done';
    const output = await shellOutput(script, folder);
    const problems = output
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('FAILED'))
      .map((line): Problem => ({ message: `BIRD refuses a generated configuration: ${line}` }));
    if (output.includes('FAILED')) throw new UserError(problems);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function flatName(path: string): string {
  return path.replaceAll('/', '_');
}

function shellOutput(script: string, cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const shell = spawn('/bin/sh', ['-c', script], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    shell.stdout.on('data', (chunk) => {
      output += chunk;
    });
    shell.once('error', reject);
    shell.once('close', () => resolve(output));
  });
}
