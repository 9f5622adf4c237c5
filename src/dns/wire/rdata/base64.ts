// Base64 as records and keys carry it (RFC 4648 section 4): canonical only, since a wrong last character would be another
// key that looks the same.

/** Undefined for anything but the canonical base64 of at least one byte. */
export function decodeBase64(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
