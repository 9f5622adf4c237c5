// An address and a port, and how they are written together: an IPv6 address in brackets (RFC 3986 section 3.2.2).

export interface Endpoint {
  /** IPv4 or IPv6, as text. */
  address: string;
  port: number;
}

/** The address as a URL's host: `192.0.2.1` or `[2001:db8::1]`. */
export function hostInUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** `127.0.0.1:9464` or `[::1]:9464`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return `${hostInUrl(address)}:${port}`;
}
