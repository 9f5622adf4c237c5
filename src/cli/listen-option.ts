// The option `--listen ADDRESS:PORT` of commands that serve something themselves.

import { isIPv6 } from 'node:net';
import { InvalidArgumentError } from 'commander';
import type { Endpoint } from '../net/endpoint.ts';
import { parseAddress } from '../net/ip-address.ts';

/** `127.0.0.1:9464` or `[::1]:9464`. @throws InvalidArgumentError for anything else. */
export function parseEndpoint(text: string): Endpoint {
  const [, bracketed, plain, port = ''] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  const fits = bracketed === undefined ? !isIPv6(address) : isIPv6(address);
  if (!parseAddress(address) || !fits || Number(port) > 65_535)
    throw new InvalidArgumentError('expected an address and a port, such as 127.0.0.1:8080 or [::1]:8080.');
  return { address, port: Number(port) };
}
