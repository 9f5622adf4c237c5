// Who may ask the admin server. Over a UNIX socket: whoever may write to the socket. Over TCP: who has the token, or, on
// a loopback address without one, whatever runs on this machine but no web page in a browser of this machine.

import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { UserError } from '../../base/errors.ts';
import { parseAddress } from '../../net/ip-address.ts';

export type AdminPlace = { path: string } | { address: string; port: number; tokenFile?: string | undefined };

export interface Refusal {
  status: 401 | 403 | 500;
  error: string;
  hint: string;
}

/** Shorter ones can be guessed. */
const FEWEST_TOKEN_CHARACTERS = 16;

/**
 * Says of a request's headers why it is refused, if it is. The token file is read for every request, so that a new token
 * needs no restart. Throws UserError where the place is not safe or its token file is not.
 */
export function adminGuard(place: AdminPlace): (headers: IncomingHttpHeaders) => Refusal | undefined {
  if ('path' in place) return () => undefined;
  const { address, tokenFile } = place;
  if (tokenFile === undefined) {
    if (!isLoopback(address)) {
      throw new UserError({
        path: 'admin',
        message: `the admin server would listen on ${address} for everybody`,
        expected: 'a UNIX socket (admin.path), a loopback address, or admin.tokenFile',
        hint: 'openssl rand -hex 32 | install -m 600 /dev/stdin admin.token, and "tokenFile": "admin.token"',
      });
    }
    return refuseBrowsers;
  }
  readAdminToken(tokenFile);
  return ({ authorization }) => {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) {
      return { status: 401, error: 'a token is needed', hint: 'send "Authorization: Bearer TOKEN"' };
    }
    try {
      if (sameText(given, readAdminToken(tokenFile))) return undefined;
    } catch (error) {
      return { status: 500, error: 'the server cannot read its token', hint: (error as Error).message };
    }
    return {
      status: 401,
      error: 'not the token',
      hint: 'the token is in the file that admin.tokenFile names',
    };
  };
}

/** The token of a file that nobody else can read. @throws UserError */
export function readAdminToken(file: string): string {
  let mode: number;
  let token: string;
  try {
    mode = statSync(file).mode;
    token = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const message = `cannot read the admin token: ${(cause as Error).message}`;
    throw new UserError({ file, message, hint: `openssl rand -hex 32 | install -m 600 /dev/stdin ${file}` });
  }
  if ((mode & 0o077) !== 0) {
    throw new UserError({
      file,
      message: 'others can read the admin token',
      expected: 'mode 0600',
      found: `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`,
      hint: `chmod 600 ${file}`,
    });
  }
  if (!new RegExp(`^[!-~]{${FEWEST_TOKEN_CHARACTERS},}$`).test(token)) {
    throw new UserError({
      file,
      message: 'this is no safe token',
      expected: `one word of at least ${FEWEST_TOKEN_CHARACTERS} characters`,
      hint: `openssl rand -hex 32 | install -m 600 /dev/stdin ${file}`,
    });
  }
  return token;
}

/** Takes as long whatever differs, and tells no length either. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** A page may send requests to this machine, or make its own name mean it; both show in headers that tools do not send. */
function refuseBrowsers(headers: IncomingHttpHeaders): Refusal | undefined {
  const host = /^\[?([^\]]*?)\]?(:\d+)?$/.exec(headers.host ?? '')?.[1] ?? '';
  if (headers.origin === undefined && (host === 'localhost' || isLoopback(host))) return undefined;
  return {
    status: 403,
    error: 'without a token only programs of this machine may ask',
    hint: 'ask by the address, such as http://127.0.0.1, or set admin.tokenFile',
  };
}

export function isLoopback(address: string): boolean {
  const bytes = parseAddress(address);
  if (bytes?.length === 4) return bytes[0] === 127;
  return bytes?.every((byte, i) => byte === (i === 15 ? 1 : 0)) === true;
}
