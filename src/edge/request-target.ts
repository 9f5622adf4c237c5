// The door for requests: which host and path is meant, or why the answer is 400 (RFC 9112 section 3.2): a second Host,
// an absolute form that disagrees with Host, a fragment, characters that no URI has. The parser of http1/ has read the
// lines; what they mean is judged here.

import { countField, type Fields, fieldValue } from './fields.ts';

export type RequestTarget =
  | { ok: true; authority: string; pathAndQuery: string }
  | { ok: false; status: 400 | 405 | 414 | 421 | 501; reason: string };

type Bad = Extract<RequestTarget, { ok: false }>;

/** RFC 9110 section 4.1 wants 8000 octets at least; the limit for the whole head is 16 KiB. */
const MAX_TARGET_LENGTH = 8192;

export function parseRequestTarget(method: string, target: string, fields: Fields): RequestTarget {
  const host = judgeHost(countField(fields, 'host'), fieldValue(fields, 'host') ?? '');
  return typeof host === 'string' ? judgeTarget(method, target, host) : host;
}

/** The host and port that Host names, given how many lines of it there are. */
export function judgeHost(lines: number, value: string): string | Bad {
  if (lines !== 1) return bad(lines === 0 ? 'no Host' : 'more than one Host');
  const host = value.trim();
  return isAuthority(host) ? host : bad('Host is not a host and port');
}

export function judgeTarget(method: string, target: string, host: string): RequestTarget {
  if (method === 'CONNECT' || method === 'TRACE')
    return { ok: false, status: 405, reason: METHOD_NOT_SERVED[method] };
  if (target.length > MAX_TARGET_LENGTH) return { ok: false, status: 414, reason: 'request target too long' };
  if (!/^[\x21\x24-\x3b\x3d\x3f-\x5b\x5d-\x7e]+$/.test(target))
    return bad('request target has characters that no URI has');
  if (target.includes('%') && /%(?![0-9A-Fa-f]{2})/.test(target))
    return bad('percent sign without two hexadecimal digits');
  if (target.startsWith('/')) return { ok: true, authority: host, pathAndQuery: target };
  if (target === '*' && method === 'OPTIONS')
    return { ok: false, status: 501, reason: 'OPTIONS * is not served' };
  const absolute = /^http:\/\/([^/?]*)(.*)$/i.exec(target);
  if (!absolute) return bad('request target is neither a path nor an http URL');
  const [, authority = '', rest = ''] = absolute;
  // A proxy must prefer the URL's host; an honest client sends the same in Host, so a difference is an attack.
  if (authority.toLowerCase() !== host.toLowerCase()) return bad('the URL and Host name different hosts');
  return { ok: true, authority, pathAndQuery: rest.startsWith('/') ? rest : `/${rest}` };
}

const METHOD_NOT_SERVED = { CONNECT: 'CONNECT is not served', TRACE: 'TRACE is not served' };

function bad(reason: string): Bad {
  return { ok: false, status: 400, reason };
}

/** host [":" port], where the host is a name, an IPv4 address or a bracketed IPv6 one. */
function isAuthority(text: string): boolean {
  return /^(?:[A-Za-z0-9\-._~%!$&'()*+,;=]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/.test(text);
}
