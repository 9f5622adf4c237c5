// What `./lab edge ctl warm` asks of the admin server: URLs from the command line, from a file, or both.

import { readFileSync } from 'node:fs';
import { UserError } from '../../base/errors.ts';
import type { AdminQuestion } from '../ask-admin.ts';

export interface WarmOptions {
  file?: string;
  concurrency?: string;
}

/** @throws UserError without a URL, or with a number that is none. */
export function warmQuestion(words: readonly string[], { file, concurrency }: WarmOptions): AdminQuestion {
  const urls = [...words, ...(file === undefined ? [] : readList(file))];
  const hint = './lab edge ctl warm http://www.cdn.test/index.html, or --file urls.txt';
  if (urls.length === 0) throw new UserError({ message: 'warm takes URLs', hint }, 2);
  if (concurrency !== undefined && !/^[1-9]\d{0,3}$/.test(concurrency)) {
    throw new UserError({ message: `--concurrency ${concurrency}: not a number of requests`, hint }, 2);
  }
  return {
    method: 'POST',
    target: '/warm',
    body: { urls, ...(concurrency !== undefined && { concurrency: Number(concurrency) }) },
  };
}

/** One URL a line; empty lines and those that begin with # do not count. */
function readList(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
  } catch (cause) {
    throw new UserError({ file, message: `cannot read it: ${(cause as Error).message}` }, 1, { cause });
  }
}
