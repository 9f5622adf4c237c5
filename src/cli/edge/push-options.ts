// How `./lab edge ctl push` is told to push: words of the command line, read and judged.

import { UserError } from '../../base/errors.ts';

export interface PushOptions {
  prefix?: string;
  maxAge?: string;
  tag?: string[];
  concurrency?: string;
  dryRun?: boolean;
}

export interface PushPlan {
  /** What file names are appended to: a path, or `http://host/path`; ends with a slash. */
  base: string;
  /** For clients. */
  cacheControl: string;
  tags: string[];
  concurrency: number;
  dryRun: boolean;
}

/** A client sees a new page ten minutes after it was pushed at the latest; until then it asks nobody. */
const MAX_AGE_SECONDS = '600';
/** A path over the ocean is kept busy, and memory holds so many files at once. */
const CONCURRENCY = '8';

/** @throws UserError with every option that is wrong. */
export function planPush({ prefix = '/', maxAge, tag, concurrency, dryRun }: PushOptions): PushPlan {
  const seconds = maxAge ?? MAX_AGE_SECONDS;
  const atOnce = concurrency ?? CONCURRENCY;
  const problems = [
    ...(/^(?:http:\/\/[^/?#\s]+)?(?:\/[\x21\x22\x24-\x3e\x40-\x7e]*)?$/i.test(prefix) && prefix !== ''
      ? []
      : [{ message: `--prefix ${prefix}: not a path or an http URL`, hint: '--prefix /docs/' }]),
    ...(/^\d{1,9}$/.test(seconds)
      ? []
      : [{ message: `--max-age ${seconds}: not a number of seconds`, hint: '--max-age 3600' }]),
    ...(/^(?:[1-9]|[12]\d|3[0-2])$/.test(atOnce)
      ? []
      : [{ message: `--concurrency ${atOnce}: not a number from 1 to 32`, hint: '--concurrency 8' }]),
  ];
  if (problems.length > 0) throw new UserError(problems, 2);
  return {
    base: prefix.endsWith('/') ? prefix : `${prefix}/`,
    cacheControl: `public, max-age=${seconds}`,
    tags: tag ?? [],
    concurrency: Number(atOnce),
    dryRun: dryRun ?? false,
  };
}
