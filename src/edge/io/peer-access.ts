// Who may purge where an edge listens for its peers (purge.listen): those that it passes purges on to itself, told by their
// addresses as other caches do it by access lists. Over TCP an answer goes to the real address only.

import { formatAddress, parseAddress } from '../../net/ip-address.ts';
import type { Refusal } from './admin-access.ts';

/** Of an HTTP URL; IPv6 without its brackets. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Of peers that are named by an address, as sockets tell it; over TCP nobody else can answer to it. */
export function peerAddresses(peers: readonly { url: string }[]): ReadonlySet<string> {
  const hosts = peers.flatMap(({ url }) => (url.startsWith('unix:') ? [] : [hostOf(url)]));
  return new Set(hosts.flatMap((host) => canonicalAddress(host) ?? []));
}

/** What a peer may not ask for, or who is none. `remote` as a socket tells it. */
export function peerRefusal(
  peers: ReadonlySet<string>,
  method = '',
  target = '',
  remote = '',
): Refusal | undefined {
  if (!peers.has(canonicalAddress(remote) ?? '')) {
    return {
      status: 403,
      error: `${remote} is no peer`,
      hint: 'purge.peers names those that may purge here',
    };
  }
  const isPurge = method === 'POST' && target === '/purge';
  if (isPurge || (method === 'GET' && /^\/purges(?:\?|$)/.test(target))) return undefined;
  return { status: 403, error: 'peers may purge, and nothing else', hint: 'POST /purge or GET /purges' };
}

function canonicalAddress(text: string): string | undefined {
  const bytes = parseAddress(text.replace(/^::ffff:(?=\d+\.)/i, ''));
  return bytes && formatAddress(bytes);
}
