// Files of TSIG keys as `tsig-keygen NAME` and named.conf write them, so that the same file serves both servers:
// `key "NAME" { algorithm hmac-sha256; secret "BASE64"; };`

import type { Problem } from '../../base/errors.ts';
import { type Name, parseName } from '../wire/name.ts';
import type { TsigKey } from './tsig.ts';

/** Less is easier to guess than the hash it is used with (RFC 8945 section 10 refers to RFC 2104 section 3). */
const MIN_SECRET_BYTES = 16;

/** Every key of the text; with problems none should be used. */
export function parseTsigKeys(text: string, file: string): { keys: Map<Name, TsigKey>; problems: Problem[] } {
  const keys = new Map<Name, TsigKey>();
  const problems: Problem[] = [];
  const bare = text.replace(/\/\*[\s\S]*?\*\/|(?:\/\/|#).*/g, (comment) => comment.replace(/[^\n]/g, ' '));
  const statements = /\bkey\s+"?([^\s"{]+)"?\s*\{([^}]*)\}\s*;?/g;
  for (const match of bare.matchAll(statements)) {
    const line = bare.slice(0, match.index).split('\n').length;
    const found = keyOf(match[1] ?? '', match[2] ?? '');
    if (typeof found === 'string') problems.push({ file, line, message: found });
    else if (keys.has(found.name)) problems.push({ file, line, message: `a second key ${match[1]}` });
    else keys.set(found.name, found);
  }
  const rest = bare.replace(statements, (statement) => statement.replace(/[^\n]/g, ' '));
  const line = rest.split('\n').findIndex((each) => each.trim() !== '') + 1;
  if (line > 0) problems.push({ file, line, message: 'this is no key', ...FORM });
  else if (keys.size === 0 && problems.length === 0)
    problems.push({ file, message: 'there is no key', ...FORM });
  return { keys, problems };
}

const FORM = {
  expected: '`key "NAME" { algorithm hmac-sha256; secret "BASE64"; };`',
  hint: 'make one: tsig-keygen NAME',
};

function keyOf(nameText: string, body: string): TsigKey | string {
  const name = parseName(nameText);
  if (name === undefined) return `${nameText} is not a domain name, as the name of a key must be`;
  const algorithm = /\balgorithm\s+"?([\w.-]+)"?\s*;/.exec(body)?.[1]?.toLowerCase().replace(/\.$/, '');
  if (algorithm !== 'hmac-sha256') {
    return `the key ${nameText} is for ${algorithm ?? 'no algorithm'}: only hmac-sha256 is known here`;
  }
  const text = /\bsecret\s+"([A-Za-z0-9+/]+={0,2})"\s*;/.exec(body)?.[1];
  if (text === undefined) return `the key ${nameText} has no secret in base64`;
  const secret = Buffer.from(text, 'base64');
  if (secret.length < MIN_SECRET_BYTES) {
    return `the secret of ${nameText} has ${secret.length} bytes: less than ${MIN_SECRET_BYTES} can be guessed`;
  }
  return { name, secret: Uint8Array.from(secret) };
}
