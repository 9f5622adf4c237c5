// Service parameters of SVCB and HTTPS records (RFC 9460 section 2.1 and appendix A; `dohpath` RFC 9461, `ohttp` RFC 9540):
// `alpn="h2,h3" port=8443 key667=hello` from and to wire form. A zone must not publish parameters that contradict each
// other (section 2.4.3), so such are refused with their reason.

import { formatAddress, parseAddress } from '../../net/ip-address.ts';
import { decodeBase64 } from './rdata/base64.ts';
import { quote, undoEscapes, withLength } from './rdata/text.ts';

const KEYS = {
  mandatory: 0,
  alpn: 1,
  'no-default-alpn': 2,
  port: 3,
  ipv4hint: 4,
  ech: 5,
  ipv6hint: 6,
  dohpath: 7,
  ohttp: 8,
} as const;

const KEY_NAMES = new Map<number, string>(Object.entries(KEYS).map(([name, key]) => [key, name]));

/** Reserved as the key that no parameter has (RFC 9460 section 14.3.2). */
const INVALID_KEY = 65535;

/** How the value of a key is written. Without an entry it is text that stands for its bytes. */
interface ValueForm {
  /** As in "`x` is not a port number". */
  words: string;
  /** `text` is undefined for a key without `=`. */
  parse(text: string | undefined): Uint8Array | undefined;
  /** Undefined when these bytes are not a value of the key. */
  format(bytes: Buffer): string | undefined;
}

const EMPTY: ValueForm = {
  words: 'empty',
  parse: (text) => (text === undefined || text === '' ? new Uint8Array() : undefined),
  format: (bytes) => (bytes.length === 0 ? '' : undefined),
};

const FORMS = new Map<number, ValueForm>([
  [KEYS.mandatory, { words: 'a list of keys', parse: parseMandatory, format: formatMandatory }],
  [KEYS.alpn, { words: 'a list of protocols such as h2,h3', parse: parseAlpn, format: formatAlpn }],
  [KEYS['no-default-alpn'], EMPTY],
  [KEYS.port, { words: 'a number from 0 to 65535', parse: parsePort, format: formatPort }],
  [KEYS.ipv4hint, { words: 'a list of IPv4 addresses', ...addressList(4) }],
  [KEYS.ech, { words: 'base64', parse: (text) => decodeBase64(text ?? ''), format: formatBase64 }],
  [KEYS.ipv6hint, { words: 'a list of IPv6 addresses', ...addressList(16) }],
  [KEYS.ohttp, EMPTY],
]);

/**
 * Wire form of the words behind priority and target; a string says what is wrong. In `aliasMode` (priority 0) a record
 * has no parameters: whoever reads it must ignore them (section 2.4.2), so whoever writes them has made a mistake.
 */
export function parseSvcParams(words: readonly string[], aliasMode: boolean): Buffer | string {
  if (aliasMode && words.length > 0) return 'a record of priority 0 is an alias and has no parameters';
  const values = new Map<number, Uint8Array>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    const key = keyNumber(name);
    if (key === undefined) return `\`${name}\` is not a service parameter (write others as key65280="…")`;
    if (values.has(key)) return `${keyName(key)} is there twice`;
    const text = equals < 0 ? undefined : unquoted(word.slice(equals + 1));
    const form = /^key/i.test(name) ? undefined : FORMS.get(key);
    const bytes = form ? form.parse(text) : undoEscapes(text ?? '');
    if (!bytes) return form ? `${name}: \`${text ?? ''}\` is not ${form.words}` : `${name}: not a text`;
    if (bytes.length > 65535) return `${name} is longer than 65535 bytes`;
    if (FORMS.get(key)?.format(Buffer.from(bytes)) === undefined && FORMS.has(key)) {
      return `${name}: these bytes are not ${FORMS.get(key)?.words}`;
    }
    values.set(key, bytes);
  }
  return contradiction(values) ?? encode(values);
}

/** Text of wire form; undefined when it is malformed. */
export function formatSvcParams(bytes: Buffer): string | undefined {
  const words: string[] = [];
  let lastKey = -1;
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined;
    const key = bytes.readUInt16BE(at);
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (key <= lastKey || key === INVALID_KEY || end > bytes.length) return undefined;
    const value = bytes.subarray(at + 4, end);
    const form = FORMS.get(key);
    const text = form ? form.format(value) : value.length === 0 ? '' : quote(value);
    if (text === undefined) return undefined;
    words.push(text === '' ? keyName(key) : `${keyName(key)}=${text}`);
    lastKey = key;
    at = end;
  }
  return words.join(' ');
}

/** Parameters must agree with each other (RFC 9460 sections 2.4.3, 7.1.1 and 8). */
function contradiction(values: ReadonlyMap<number, Uint8Array>): string | undefined {
  if (values.has(KEYS['no-default-alpn']) && !values.has(KEYS.alpn)) {
    return 'no-default-alpn without alpn leaves no protocol at all';
  }
  const mandatory = values.get(KEYS.mandatory);
  for (let at = 0; mandatory && at < mandatory.length; at += 2) {
    const key = ((mandatory[at] ?? 0) << 8) | (mandatory[at + 1] ?? 0);
    if (!values.has(key)) return `${keyName(key)} is mandatory but not given`;
  }
  return undefined;
}

function encode(values: ReadonlyMap<number, Uint8Array>): Buffer {
  const pieces = [...values]
    .sort(([a], [b]) => a - b)
    .flatMap(([key, value]) => [Buffer.from([key >> 8, key, value.length >> 8, value.length]), value]);
  return Buffer.concat(pieces);
}

function keyNumber(name: string): number | undefined {
  const lower = name.toLowerCase();
  if (Object.hasOwn(KEYS, lower)) return KEYS[lower as keyof typeof KEYS];
  // No leading zeros: one key has one name (section 2.1).
  const key = /^key(0|[1-9]\d{0,4})$/.exec(lower);
  return key && Number(key[1]) < INVALID_KEY ? Number(key[1]) : undefined;
}

function keyName(key: number): string {
  return KEY_NAMES.get(key) ?? `key${key}`;
}

function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/** The items of a comma-separated list inside a text (appendix A.1): after the text's own escapes, `\,` and `\\`. */
function listItems(text: string | undefined): Buffer[] | undefined {
  const bytes = undoEscapes(text ?? '');
  if (!bytes) return undefined;
  const items: number[][] = [[]];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === 0x2c) items.push([]);
    else if (byte === 0x5c) {
      const escaped = bytes[++i];
      if (escaped !== 0x2c && escaped !== 0x5c) return undefined;
      items.at(-1)?.push(escaped);
    } else items.at(-1)?.push(byte);
  }
  return items.map((item) => Buffer.from(item));
}

function parseAlpn(text: string | undefined): Uint8Array | undefined {
  const ids = listItems(text);
  if (!ids || ids.some((id) => id.length < 1 || id.length > 255)) return undefined;
  return Buffer.concat(ids.map(withLength));
}

function formatAlpn(bytes: Buffer): string | undefined {
  const ids: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + (bytes[at] as number);
    if (bytes[at] === 0 || end > bytes.length) return undefined;
    const escaped = Array.from(bytes.subarray(at + 1, end), (byte) =>
      byte === 0x2c || byte === 0x5c ? [0x5c, byte] : [byte],
    );
    ids.push(Buffer.from(escaped.flat()));
    at = end;
  }
  const comma = Buffer.from(',');
  return ids.length === 0
    ? undefined
    : quote(Buffer.concat(ids.flatMap((id, i) => (i === 0 ? [id] : [comma, id]))));
}

/** No escapes here, nor in the lists of addresses (sections 7.3 and 8). Ascending in wire form. */
function parseMandatory(text: string | undefined): Uint8Array | undefined {
  const keys = (text ?? '').split(',').map(keyNumber);
  const sorted = keys.toSorted((a, b) => (a ?? 0) - (b ?? 0));
  const bytes = Buffer.alloc(2 * keys.length);
  for (const [i, key] of sorted.entries()) {
    if (key === undefined || key === KEYS.mandatory || key === sorted[i - 1]) return undefined;
    bytes.writeUInt16BE(key, 2 * i);
  }
  return bytes;
}

function formatMandatory(bytes: Buffer): string | undefined {
  const names: string[] = [];
  let last: number = KEYS.mandatory;
  for (let at = 0; at < bytes.length; at += 2) {
    const key = at + 2 <= bytes.length ? bytes.readUInt16BE(at) : last;
    if (key <= last || key === INVALID_KEY) return undefined;
    names.push(keyName(key));
    last = key;
  }
  return names.length === 0 ? undefined : names.join(',');
}

function parsePort(text: string | undefined): Uint8Array | undefined {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : Number.NaN;
  return port <= 65535 ? Buffer.from([port >> 8, port]) : undefined;
}

function formatPort(bytes: Buffer): string | undefined {
  return bytes.length === 2 ? String(bytes.readUInt16BE(0)) : undefined;
}

function formatBase64(bytes: Buffer): string | undefined {
  return bytes.length > 0 ? bytes.toString('base64') : undefined;
}

function addressList(size: 4 | 16): Omit<ValueForm, 'words'> {
  return {
    parse: (text) => {
      const addresses = (text ?? '').split(',').map(parseAddress);
      return addresses.every((address) => address?.length === size)
        ? Buffer.concat(addresses as Uint8Array[])
        : undefined;
    },
    format: (bytes) => {
      if (bytes.length === 0 || bytes.length % size !== 0) return undefined;
      const count = bytes.length / size;
      const texts = Array.from({ length: count }, (_, i) =>
        formatAddress(bytes.subarray(size * i, size * (i + 1))),
      );
      return texts.join(',');
    },
  };
}
