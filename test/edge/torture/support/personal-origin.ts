// An origin with users: what it says to one of them carries that user's name, in the body or in fields, under every way
// of telling a shared cache to keep it apart. By path, since a resource has one policy.

import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type OriginRequest, response } from './scripted-origin.ts';

export const USERS = ['alice', 'bob', 'carol'] as const;
export type User = (typeof USERS)[number] | 'nobody';
export type Credential = 'authorization' | 'cookie' | 'field';

/** How users are told apart on a path, and what keeps them apart in a cache. */
export interface Policy {
  credential: Credential;
  status?: number;
  /** `USER` stands for the name. */
  fields: readonly string[];
  /** The body is everybody's: only fields are personal. */
  sharedBody?: boolean;
  /** The origin knows validators, and answers 304 to the user's own. */
  validates?: boolean;
}

const vary = (field: string, ...more: string[]) => [
  `Vary: ${field}`,
  'Cache-Control: public, max-age=60',
  ...more,
];

export const POLICIES: Readonly<Record<string, Policy>> = {
  private: { credential: 'cookie', fields: ['Cache-Control: private, max-age=60'] },
  'private-s-maxage': {
    credential: 'cookie',
    fields: ['Cache-Control: private, s-maxage=60, stale-while-revalidate=60'],
  },
  'private-upper': { credential: 'field', fields: ['Cache-Control: PRIVATE', 'Cache-Control: max-age=60'] },
  'no-store': { credential: 'cookie', fields: ['Cache-Control: max-age=60, no-store'] },
  'no-store-sie': {
    credential: 'field',
    fields: ['Cache-Control: no-store, stale-if-error=600, stale-while-revalidate=60'],
  },
  authorization: { credential: 'authorization', fields: ['Cache-Control: max-age=60'] },
  'authorization-expires': {
    credential: 'authorization',
    fields: ['Expires: Thu, 01 Jan 2099 00:00:00 GMT'],
    validates: true,
  },
  'set-cookie': { credential: 'cookie', fields: ['Cache-Control: max-age=60', 'Set-Cookie: session=USER'] },
  'vary-cookie': { credential: 'cookie', fields: vary('Cookie') },
  'vary-cookie-swr': {
    credential: 'cookie',
    fields: vary('Accept, cookie', 'Cache-Control: stale-while-revalidate=90'),
  },
  'vary-authorization': { credential: 'authorization', fields: vary('Authorization'), validates: true },
  'vary-field': { credential: 'field', fields: vary('X-User') },
  'vary-many': {
    credential: 'field',
    fields: ['Vary: Accept-Encoding', ...vary('x-user, Accept-Language')],
    validates: true,
  },
  'vary-star': { credential: 'field', fields: vary('*') },
  'no-cache': { credential: 'cookie', fields: ['Cache-Control: no-cache'], validates: true },
  'no-cache-max-age': {
    credential: 'field',
    fields: ['Cache-Control: no-cache, max-age=60'],
    validates: true,
  },
  'max-age-0': {
    credential: 'cookie',
    fields: ['Cache-Control: max-age=0, must-revalidate'],
    validates: true,
  },
  pragma: { credential: 'cookie', fields: ['Cache-Control: max-age=0', 'Pragma: no-cache'] },
  'private-field': {
    credential: 'field',
    fields: ['Cache-Control: max-age=60, private="x-name"', 'X-Name: USER'],
    sharedBody: true,
  },
  'redirect-home': {
    credential: 'cookie',
    status: 302,
    fields: ['Cache-Control: private', 'Location: /home/USER'],
  },
  'error-page': { credential: 'cookie', status: 500, fields: ['Cache-Control: private, stale-if-error=60'] },
  forbidden: { credential: 'authorization', status: 403, fields: ['Cache-Control: max-age=60'] },
};

export function credentials(user: User, credential: Credential): Record<string, string> {
  if (user === 'nobody') return {};
  if (credential === 'authorization') return { Authorization: `Bearer ${user}` };
  return credential === 'cookie' ? { Cookie: `theme=dark; session=${user}` } : { 'X-User': user };
}

/** `jitter` milliseconds before the head and in the middle of the body. */
export async function answerPersonally(
  { method, path, fields }: OriginRequest,
  socket: Socket,
  jitter: () => number,
): Promise<void> {
  const policy = POLICIES[path.split('/')[1] ?? ''] as Policy;
  const user = userOf(fields, policy.credential);
  const text = policy.sharedBody ? 'shared '.repeat(400) : `only for ${user} `.repeat(400);
  const etag = `"${createHash('sha1').update(text).digest('hex')}"`;
  const lines = policy.fields.map((line) => line.replace('USER', user));
  const all = policy.validates ? [...lines, `ETag: ${etag}`] : lines;
  const matches = policy.validates && (fields.get('if-none-match') ?? '').includes(etag);
  const bytes = response(matches ? 304 : (policy.status ?? 200), all, text);
  const end = bytes.indexOf('\r\n\r\n') + 4;
  await sleep(jitter());
  if (method === 'HEAD') return void socket.write(bytes.subarray(0, end));
  const middle = Math.min(bytes.length, end + 1000);
  socket.write(bytes.subarray(0, middle));
  await sleep(jitter());
  socket.write(bytes.subarray(middle));
}

function userOf(fields: ReadonlyMap<string, string>, credential: Credential): User {
  const text = {
    authorization: /^Bearer (\w+)$/.exec(fields.get('authorization') ?? '')?.[1],
    cookie: /session=(\w+)/.exec(fields.get('cookie') ?? '')?.[1],
    field: fields.get('x-user'),
  }[credential];
  return (text as User | undefined) ?? 'nobody';
}
