// The option `--listen ADDRESS:PORT` of commands that serve something themselves.

import { isIPv6 } from 'node:net';
import { InvalidArgumentError } from 'commander';
import { parseAddress } from '../net/ip-address.ts';

export interface Endpoint {
  address: string;
  port: number;
}

/** `127.0.0.1:9464` or `[::1]:9464`. @throws InvalidArgumentError for anything else. */
export function parseEndpoint(text: string): Endpoint {
  const [, bracketed, plain, port = ''] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  const fits = bracketed === undefined ? !isIPv6(address) : isIPv6(address);
  if (!parseAddress(address) || !fits || Number(port) > 65_535)
    throw new InvalidArgumentError('expected an address and a port, such as 127.0.0.1:8080 or [::1]:8080.');
  return { address, port: Number(port) };
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
