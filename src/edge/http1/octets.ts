// Which octets may stand where, as tables: one look-up per byte (RFC 9110 section 5.6.2, RFC 9112 sections 3 and 5).

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;

/** tchar: methods and field names. */
export const TOKEN = table((code) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code)));

/** Field values: HTAB, SP, visible characters and obs-text; no control character, no delete. */
export const VALUE = table((code) => code === HTAB || (code >= SP && code !== 0x7f));

/** Request targets: visible ASCII without what no URI has and what starts a fragment. */
export const TARGET = table(
  (code) => code > SP && code < 0x7f && !'"#<>\\'.includes(String.fromCharCode(code)),
);

function table(holds: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (holds(code) ? 1 : 0));
}
