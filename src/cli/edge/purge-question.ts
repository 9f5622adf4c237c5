// What `./lab edge ctl purge` asks of the admin server: exactly one thing to purge, softly or not, here or everywhere.

import { UserError } from '../../base/errors.ts';
import type { AdminQuestion } from '../ask-admin.ts';

export interface PurgeOptions {
  tag?: string[];
  prefix?: string;
  host?: string;
  key?: string;
  all?: boolean;
  soft?: boolean;
  broadcast?: boolean;
}

/** @throws UserError unless one thing is named. */
export function purgeQuestion(url: string | undefined, options: PurgeOptions): AdminQuestion {
  const { tag, prefix, host, key, all, soft, broadcast } = options;
  const named: [string, object | undefined][] = [
    ['URL', url === undefined ? undefined : { url }],
    ['--tag', tag === undefined ? undefined : { tags: tag }],
    ['--prefix', prefix === undefined ? undefined : { prefix }],
    ['--host', host === undefined ? undefined : { host }],
    ['--key', key === undefined ? undefined : { key }],
    ['--all', all ? { all: true } : undefined],
  ];
  const given = named.filter(([, target]) => target !== undefined);
  const [first] = given;
  if (first === undefined || given.length > 1) {
    throw new UserError(
      {
        message: 'name one thing to purge',
        expected: named.map(([name]) => name).join(', '),
        found: given.map(([name]) => name).join(' and ') || 'nothing',
        hint: './lab edge ctl purge http://www.cdn.test/index.html',
      },
      2,
    );
  }
  return {
    method: 'POST',
    target: '/purge',
    body: { ...first[1], ...(soft && { soft: true }), ...(broadcast && { broadcast: true }) },
  };
}
