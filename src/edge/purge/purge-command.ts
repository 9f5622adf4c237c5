// The body of POST /purge, read and judged. All that is wrong with it is said at once, with an example.

import { type Problem, UserError } from '../../base/errors.ts';
import type { PurgeTarget } from './purge-target.ts';

export interface PurgeCommand {
  target: PurgeTarget;
  /** Soft: mark stale, so that it is revalidated and may still be served under the stale rules. Hard: drop. */
  soft: boolean;
  /** Tell the peers. */
  broadcast: boolean;
  /** Given by whoever repeats a purge, so that it counts once; made by the edge otherwise. */
  id?: string;
  /** The edge it was first given to, when a peer passes it on. */
  from?: string;
}

const TARGETS = ['url', 'key', 'tag', 'tags', 'prefix', 'host', 'all'] as const;
const OTHERS = ['soft', 'broadcast', 'id', 'from'];
const EXAMPLE =
  '{"url": "http://www.cdn.test/index.html"} or {"tags": ["shop"], "soft": true} or {"all": true}';
/** A URL is at most this long at the door of the edge too. */
const MOST_CHARACTERS = 8192;
/** Surrogate keys of one purge, as the large CDNs have it. */
const MOST_TAGS = 256;
/** Space and comma separate tags in a header; anything else that prints may be in one. */
const TAG = /^[\x21-\x2b\x2d-\x7e]{1,1024}$/;

/** @throws UserError naming every problem. */
export function parsePurgeCommand(body: string): PurgeCommand {
  let given: Record<string, unknown>;
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('not an object');
    given = json as Record<string, unknown>;
  } catch (error) {
    throw new UserError({
      message: `the body is no JSON object: ${(error as Error).message}`,
      hint: EXAMPLE,
    });
  }
  const problems: Problem[] = [];
  const wrong = (path: string, message: string) => void problems.push({ path, message, hint: EXAMPLE });
  for (const name of Object.keys(given)) {
    if (!OTHERS.includes(name) && !(TARGETS as readonly string[]).includes(name)) wrong(name, 'unknown');
  }
  const named = TARGETS.filter((name) => given[name] !== undefined);
  if (named.length !== 1) {
    const found = named.length === 0 ? 'nothing' : named.join(' and ');
    problems.push({ message: 'name one thing to purge', expected: TARGETS.join(', '), found, hint: EXAMPLE });
  }
  for (const name of ['soft', 'broadcast'])
    if (!['undefined', 'boolean'].includes(typeof given[name])) wrong(name, 'neither true nor false');
  for (const name of ['id', 'from']) {
    const value = given[name];
    if (value !== undefined && !(typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value)))
      wrong(name, 'not a word of at most 200 characters');
  }
  const [name] = named;
  const target = name === undefined ? undefined : readTarget(name, given[name], wrong);
  if (problems.length > 0 || !target) throw new UserError(problems);
  return {
    target,
    soft: given['soft'] === true,
    broadcast: given['broadcast'] === true,
    ...(given['id'] !== undefined && { id: given['id'] as string }),
    ...(given['from'] !== undefined && { from: given['from'] as string }),
  };
}

/** What parsePurgeCommand reads back to the same: for passing a purge on. */
export function purgeBody({ target, ...rest }: PurgeCommand): string {
  const { kind, ...value } = target;
  return JSON.stringify({ ...(kind === 'all' ? { all: true } : value), ...rest });
}

function readTarget(
  name: (typeof TARGETS)[number],
  value: unknown,
  wrong: (path: string, message: string) => void,
): PurgeTarget | undefined {
  if (name === 'all') {
    if (value !== true) wrong('all', 'only {"all": true} purges all');
    return { kind: 'all' };
  }
  if (name === 'tags' || name === 'tag') {
    const tags = name === 'tag' ? [value] : value;
    const good = Array.isArray(tags) && tags.length > 0 && tags.length <= MOST_TAGS;
    if (!good || !tags.every((tag) => typeof tag === 'string' && TAG.test(tag))) {
      wrong(name, `not ${name === 'tag' ? 'a word' : `1 to ${MOST_TAGS} words`} without spaces and commas`);
      return undefined;
    }
    return { kind: 'tags', tags: [...new Set(tags as string[])] };
  }
  if (typeof value !== 'string' || value === '' || value.length > MOST_CHARACTERS) {
    wrong(name, `not a text of 1 to ${MOST_CHARACTERS} characters`);
    return undefined;
  }
  if (name === 'key') return { kind: 'key', key: value };
  if (name === 'host') {
    if (!/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(value)) wrong('host', 'not a host name');
    return { kind: 'host', host: value };
  }
  if (!/^(?:https?:\/\/[^/?#\s]+)?(?:[/?][\x21-\x7e]*)?$/i.test(value) || value.startsWith('?'))
    wrong(name, 'neither an http URL nor a path that begins with /');
  return name === 'url' ? { kind: 'url', url: value } : { kind: 'prefix', prefix: value };
}
