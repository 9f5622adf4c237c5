// struct sockaddr_in and sockaddr_in6 in memory shared with the kernel, written and read as bytes.

import { isIP } from 'node:net';
import { formatAddress, parseAddress } from '../ip-address.ts';

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
const IPV4_BYTES = 16;
const IPV6_BYTES = 28;

export type InternetFamily = 4 | 6;

export function sockaddrBytes(family: InternetFamily): number {
  return family === 4 ? IPV4_BYTES : IPV6_BYTES;
}

/** Where in a socket address the bytes of the IP address are. */
export function sourceOffset(family: InternetFamily): number {
  return family === 4 ? 4 : 8;
}

/** Writes from offset 0 and returns the length. @throws TypeError when `address` is none */
export function writeSockaddr(memory: ArrayBuffer, address: string, port: number, scope = 0): number {
  const bytes = parseAddress(address);
  if (!bytes) throw new TypeError(`not an IP address: ${address}`);
  const family = bytes.length === 4 ? 4 : 6;
  const length = sockaddrBytes(family);
  const view = new DataView(memory, 0, length);
  new Uint8Array(memory, 0, length).fill(0);
  view.setUint16(0, family === 4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, port);
  new Uint8Array(memory).set(bytes, sourceOffset(family));
  if (family === 6) view.setUint32(24, scope, true);
  return length;
}

export function readSockaddr(memory: ArrayBuffer): { address: string; port: number } {
  const view = new DataView(memory);
  const family = view.getUint16(0, true) === AF_INET ? 4 : 6;
  const address = new Uint8Array(memory, sourceOffset(family), family === 4 ? 4 : 16);
  return { address: formatAddress(address), port: view.getUint16(2) };
}

/** @throws TypeError when `address` is none */
export function familyOfText(address: string): InternetFamily {
  const family = isIP(address);
  if (family === 4 || family === 6) return family;
  throw new TypeError(`not an IP address: ${address}`);
}
