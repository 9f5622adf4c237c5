// What the configuration says of listening beyond plain DNS: TCP's bounds, DNS over TLS, DNS over HTTPS. Files are as written,
// relative to the configuration.

import { z } from '../base/schema.ts';
import { parseAddress } from '../net/ip-address.ts';
import { parsePrefix } from '../net/prefix.ts';

const address = z.string().check(z.refine((text) => parseAddress(text) !== undefined, 'not an IP address'));
const port = z.int().check(z.gte(0), z.lte(65535));
const place = z.strictObject({ address, port });
const file = z.string().check(z.minLength(1));
const prefix = z.string().check(z.refine((text) => parsePrefix(text) !== undefined, 'not a prefix'));

/** Bounds over the connections of TCP, DoT and DoH together. */
export const tcpSchema = z.strictObject({
  connections: z._default(z.int().check(z.gte(1), z.lte(1_000_000)), 10_000),
  /** For an IPv4 address or an IPv6 /56. */
  connectionsPerClient: z._default(z.int().check(z.gte(1), z.lte(1_000_000)), 256),
  /** Without a whole query, a connection ends (RFC 7766 section 6.2.3 asks for some seconds). */
  idleSeconds: z._default(z.number().check(z.gte(0.1), z.lte(3600)), 10),
});
export type TcpConfig = z.infer<typeof tcpSchema>;
export const DEFAULT_TCP: TcpConfig = { connections: 10_000, connectionsPerClient: 256, idleSeconds: 10 };

const listen = z.array(place).check(z.minLength(1));

/** DNS over TLS (RFC 7858), usually on port 853. */
export const tlsSchema = z.strictObject({ listen, certificate: file, key: file });
export type TlsConfig = z.infer<typeof tlsSchema>;

/**
 * DNS over HTTPS (RFC 8484). Without a certificate it is plain HTTP for a proxy on the same machine, and then may listen
 * on loopback only.
 */
export const httpsSchema = z
  .strictObject({
    listen,
    path: z._default(z.string().check(z.regex(/^\/[^?#\s]*$/, 'not an absolute path')), '/dns-query'),
    certificate: z.optional(file),
    key: z.optional(file),
    /** Proxies whose X-Forwarded-For is believed. */
    trustForwardedFrom: z._default(z.array(prefix), []),
  })
  .check(
    z.refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
      message: 'certificate and key go together',
    }),
    z.refine(({ certificate, listen }) => certificate !== undefined || listen.every(isLoopback), {
      message:
        'plain HTTP is for a proxy on this machine: listen on 127.0.0.1 or ::1, or give certificate and key',
      path: ['listen'],
    }),
  );
export type HttpsConfig = z.infer<typeof httpsSchema>;

function isLoopback({ address }: { address: string }): boolean {
  const bytes = parseAddress(address);
  return bytes?.length === 4 ? bytes[0] === 127 : address === '::1';
}
