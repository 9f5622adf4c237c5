import { expect, it } from 'vitest';
import { parseEndpoint } from '../../src/cli/listen-option.ts';
import { formatEndpoint, hostInUrl } from '../../src/net/endpoint.ts';

it.each([
  ['192.0.2.1', 80, '192.0.2.1:80'],
  ['2001:db8::1', 443, '[2001:db8::1]:443'],
  ['::', 0, '[::]:0'],
])('%s and port %i are %s, and read back the same', (address, port, text) => {
  expect(formatEndpoint({ address, port })).toBe(text);
  expect(parseEndpoint(text)).toEqual({ address, port });
  expect(new URL(`http://${hostInUrl(address)}/`).hostname).toBe(hostInUrl(address));
});
