// What went wrong on the way to the origin, from the error codes of sockets, undici and llhttp to the words of RFC 9209
// section 2.3, and what those words tell about sending the request again.

import type { UpstreamFailure } from '../upstream.ts';

/** `who` begins the sentence: `the origin`, `the parent fra`. */
export function describeFailure(error: Error, who = 'the origin'): UpstreamFailure {
  const code = codeOf(error);
  const known = BY_CODE[code];
  if (known) {
    const [status, name, detail] = known;
    return { status, error: name, detail: detail.replace('WHO', who) };
  }
  if (code.startsWith('HPE_') || code === 'HTTPParserError')
    return {
      status: 502,
      error: 'http_protocol_error',
      detail: `${who} sent something that is not HTTP (${code})`,
    };
  return { status: 502, error: 'connection_terminated', detail: `the connection to ${who} broke (${code})` };
}

type Words = [status: UpstreamFailure['status'], error: string, detail: string];

const NO_ANSWER: Words = [504, 'connection_timeout', 'WHO does not answer to connection attempts'];
const NO_WAY: Words = [502, 'destination_ip_unroutable', 'there is no way to WHO'];
const NOT_SENDABLE: Words = [400, 'http_request_error', 'the request cannot be passed on'];

const BY_CODE: Record<string, Words> = {
  ECONNREFUSED: [502, 'connection_refused', 'WHO refuses connections'],
  UND_ERR_CONNECT_TIMEOUT: NO_ANSWER,
  ETIMEDOUT: NO_ANSWER,
  EHOSTUNREACH: NO_WAY,
  ENETUNREACH: NO_WAY,
  EADDRNOTAVAIL: NO_WAY,
  UND_ERR_HEADERS_TIMEOUT: [
    504,
    'http_response_timeout',
    'WHO accepted the request and sent no answer in time',
  ],
  UND_ERR_BODY_TIMEOUT: [504, 'http_response_timeout', 'WHO stopped sending its answer'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: [
    502,
    'http_response_incomplete',
    'WHO announced another length than it sent',
  ],
  UND_ERR_HEADERS_OVERFLOW: [
    502,
    'http_response_header_section_size',
    'the header section of WHO is too large',
  ],
  UND_ERR_INVALID_ARG: NOT_SENDABLE,
  UND_ERR_NOT_SUPPORTED: NOT_SENDABLE,
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: NOT_SENDABLE,
};

export function isConnectionLoss(error: Error): boolean {
  const code = codeOf(error);
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET';
}

/** Nothing of the request has left: it may go elsewhere whatever its method. */
export function neverSent(failure: UpstreamFailure): boolean {
  return NEVER_SENT.has(failure.error);
}

const NEVER_SENT = new Set([
  'connection_refused',
  'connection_timeout',
  'destination_ip_unroutable',
  'connection_limit_reached',
  'destination_unavailable',
]);

/** Says something about the member; a request that cannot be sent says something about the client. */
export function isMembersFault(failure: UpstreamFailure): boolean {
  return failure.status !== 400 && failure.error !== 'connection_limit_reached';
}

function codeOf(error: Error): string {
  return String((error as NodeJS.ErrnoException).code ?? error.name);
}
