// SOA serial numbers wrap around (RFC 1982): one is newer when it lies less than half the circle ahead.

/** True when `serial` is newer than `than`. Exactly half way is undefined in the RFC, and counts as not newer. */
export function isNewerSerial(serial: number, than: number): boolean {
  const ahead = (serial - than) >>> 0;
  return ahead > 0 && ahead < 0x8000_0000;
}
