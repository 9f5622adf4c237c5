// A folder as a tar stream, by tar(1): what the engine takes for a build's context and for a base image. Ended with
// whatever reads it, so that the folder can be removed at once.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** Calls `use` with the stream and ends tar afterwards, read to the end or not. Rejects when tar fails. */
export async function withTarOf<T>(folder: string, use: (stream: Readable) => Promise<T>): Promise<T> {
  const tar: ChildProcessByStdio<null, Readable, Readable> = spawn(
    'tar',
    ['--numeric-owner', '-C', folder, '-cf', '-', '.'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaint = '';
  tar.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaint += chunk;
  });
  const ended = new Promise<number | null>((resolve) => {
    tar.on('error', (error) => {
      complaint = error.message;
      resolve(null);
    });
    tar.on('close', resolve);
  });
  // A reader that goes away is told by `use`.
  tar.stdout.on('error', () => {});
  try {
    const result = await use(tar.stdout);
    if ((await ended) !== 0) throw new Error(`tar of ${folder}: ${complaint.trim()}`);
    return result;
  } finally {
    tar.stdout.destroy();
    tar.kill();
    await ended;
  }
}
