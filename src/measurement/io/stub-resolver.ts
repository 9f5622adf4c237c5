// A stub resolver as in a browser's machine: one question to the recursive resolver over UDP, again after a second
// without an answer, over TCP when the answer is truncated (RFC 1035 section 4.2, RFC 7766). No cache: the probe wants
// to see the resolver, every time.

import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { type AddressAnswer, encodeAddressQuery, readAddressAnswer } from '../address-query.ts';
import type { Family } from '../sample.ts';

/** A stub asks again after this long; Chrome's and systemd's first retry are about as early. */
const RETRY_MS = 1000;

export interface ResolverAddress {
  address: string;
  port: number;
}

/** Addresses of a name, or an error whose message is `timeout`, an RCODE's name or `no address`. */
export async function resolveAddress(
  name: string,
  family: Family,
  resolver: ResolverAddress,
  timeoutMs: number,
): Promise<string> {
  const started = performance.now();
  const id = randomInt(0x10000);
  const query = encodeAddressQuery(id, name, family);
  let answer = await askOverUdp(query, id, resolver, timeoutMs);
  if (answer.truncated) {
    answer = await askOverTcp(query, id, resolver, timeoutMs - (performance.now() - started));
  }
  if (answer.rcode !== 'NOERROR') throw new Error(answer.rcode);
  const [address] = answer.addresses;
  if (address === undefined) throw new Error('no address');
  return address;
}

function askOverUdp(
  query: Uint8Array,
  id: number,
  resolver: ResolverAddress,
  timeoutMs: number,
): Promise<AddressAnswer> {
  return new Promise((resolve, reject) => {
    // The lookup is answered at once: the address is one already, and Node would spend a tick per packet on it.
    const socket = createSocket({
      type: isIPv6(resolver.address) ? 'udp6' : 'udp4',
      lookup: (host, _options, callback) => callback(null, host, isIPv6(host) ? 6 : 4),
    });
    const finish = (settle: () => void) => {
      clearInterval(retry);
      clearTimeout(deadline);
      socket.close();
      settle();
    };
    const send = () => socket.send(query, resolver.port, resolver.address, () => {});
    const retry = setInterval(send, RETRY_MS);
    const deadline = setTimeout(() => finish(() => reject(new Error('timeout'))), timeoutMs);
    socket.on('message', (message) => {
      const answer = readAddressAnswer(message, id);
      if (answer) finish(() => resolve(answer));
    });
    // An ICMP error (no such host) is not final: the next try may find another route.
    socket.on('error', () => {});
    send();
  });
}

function askOverTcp(
  query: Uint8Array,
  id: number,
  resolver: ResolverAddress,
  timeoutMs: number,
): Promise<AddressAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: resolver.address, port: resolver.port, noDelay: true });
    const chunks: Buffer[] = [];
    const finish = (settle: () => void) => {
      clearTimeout(deadline);
      socket.destroy();
      settle();
    };
    const deadline = setTimeout(() => finish(() => reject(new Error('timeout'))), Math.max(1, timeoutMs));
    const prefix = Buffer.alloc(2);
    prefix.writeUInt16BE(query.length);
    socket.write(Buffer.concat([prefix, query]));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const received = Buffer.concat(chunks);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const answer = readAddressAnswer(received.subarray(2, 2 + received.readUInt16BE(0)), id);
      finish(() => (answer ? resolve(answer) : reject(new Error('malformed answer'))));
    });
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish(() => reject(new Error(error.code ?? error.message))),
    );
    socket.on('close', () => finish(() => reject(new Error('connection closed'))));
  });
}
