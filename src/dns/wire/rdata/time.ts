// Times in master files: TTLs with BIND's units, and the moments of RRSIG records and key files.

/** `90`, `1h30m`, `2W`: seconds, at most 2^31-1 (RFC 2181 section 8); the units are BIND's extension. */
export function parseTtl(text: string): number | undefined {
  if (!/^(\d+[smhdw]?)+$/i.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit = 's'] of text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)) {
    total += Number(digits) * ({ m: 60, h: 3600, d: 86400, w: 604800 }[unit] ?? 1);
  }
  return total <= 0x7fffffff ? total : undefined;
}

/** `20260131235959`, or seconds since 1970 as a number (RFC 4034 section 3.2); modulo 2^32 as the field is. */
export function parseMoment(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text) <= 0xffffffff ? Number(text) : undefined;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC carries a 31 February over into March: such a text names no moment.
  if (formatMoment(milliseconds / 1000) !== text) return undefined;
  return (milliseconds / 1000) % 2 ** 32;
}

/** UTC, 14 digits. The 32-bit field is read as a moment after 1970; its wrap in 2106 is not looked at. */
export function formatMoment(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$|[-T:]/g, '');
}
