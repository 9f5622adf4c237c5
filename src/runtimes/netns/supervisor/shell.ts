// Runs a generated shell script up to its first command that fails, whose last words are the error message.

import { spawn } from 'node:child_process';

export function runShell(script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const shell = spawn('/bin/sh', ['-es'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let errors = '';
    shell.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    shell.once('error', reject);
    shell.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`a command failed (exit ${code}): ${errors.trim().split('\n').slice(-3).join('; ')}`),
        );
    });
    shell.stdin.on('error', () => {}); // the exit code tells
    shell.stdin.end(script);
  });
}
