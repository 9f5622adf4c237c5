// A stored response in a sixth of the memory of the plain object: a million objects of 1 kB would otherwise cost more in
// heads than in bodies. Field names and values that many responses share live in a template; the values of this one
// alone (Date, ETag, Last-Modified) are one string, split when somebody reads `fields`.
//
// It is a StoredResponse by accessors: do not spread it (`{...packed}` has no fields), use `plainResponse`.

import type { StoredResponse } from '../stored-response.ts';
import { Interned, identityText } from './interned.ts';
import { ownString } from './key-hash.ts';

interface Template {
  status: number;
  names: readonly string[];
  /** By name; undefined where the response has its own value. */
  constants: readonly (string | undefined)[];
  lifetimeFrom: StoredResponse['lifetimeFrom'];
  cacheControl: StoredResponse['cacheControl'];
  varyNames: readonly string[];
}

/** Between own values; no field value may contain it (RFC 9110 section 5.5). */
const SEPARATOR = '\n';
/** What the accessors of PackedResponse give, and what its constructor takes: the rest is copied as it is. */
const KNOWN = new Set([
  'status',
  'fields',
  'body',
  'size',
  'lifetimeFrom',
  'cacheControl',
  'varyNames',
  'secondaryKey',
  'initialAgeSeconds',
  'responseTimeMs',
  'lifetimeSeconds',
]);

/** Milliseconds of a day: time is kept in two small integers, since V8 boxes greater ones. */
const DAY_MS = 86_400_000;

export class PackedResponse implements StoredResponse {
  lifetimeSeconds: number;
  readonly template: Template;
  readonly secondaryKey: string;
  readonly ownValues: string;
  /** The ArrayBuffer of a body in one piece; a view on it costs as much as the rest of this object. */
  readonly content: ArrayBuffer | readonly Uint8Array[];
  #initialAgeMs: number;
  #responseDay: number;
  #responseMsOfDay: number;

  constructor(response: StoredResponse, template: Template, ownValues: string, secondaryKey: string) {
    this.lifetimeSeconds = response.lifetimeSeconds;
    this.template = template;
    this.secondaryKey = secondaryKey;
    this.ownValues = ownValues;
    this.content = wholeBuffer(response.body) ?? response.body;
    this.#initialAgeMs = Math.round(response.initialAgeSeconds * 1000);
    this.#responseDay = Math.floor(response.responseTimeMs / DAY_MS);
    this.#responseMsOfDay = response.responseTimeMs - this.#responseDay * DAY_MS;
  }

  get initialAgeSeconds(): number {
    return this.#initialAgeMs / 1000;
  }

  get responseTimeMs(): number {
    return this.#responseDay * DAY_MS + this.#responseMsOfDay;
  }

  get status(): number {
    return this.template.status;
  }

  get lifetimeFrom(): StoredResponse['lifetimeFrom'] {
    return this.template.lifetimeFrom;
  }

  get cacheControl(): StoredResponse['cacheControl'] {
    return this.template.cacheControl;
  }

  get varyNames(): readonly string[] {
    return this.template.varyNames;
  }

  get body(): readonly Uint8Array[] {
    return this.content instanceof ArrayBuffer ? [new Uint8Array(this.content)] : this.content;
  }

  get size(): number {
    if (this.content instanceof ArrayBuffer) return this.content.byteLength;
    return this.content.reduce((sum, piece) => sum + piece.length, 0);
  }

  get fields(): string[] {
    const { names, constants } = this.template;
    const own = this.ownValues.split(SEPARATOR);
    const fields = new Array<string>(names.length * 2);
    let next = 0;
    for (let i = 0; i < names.length; i++) {
      fields[2 * i] = names[i] as string;
      fields[2 * i + 1] = constants[i] ?? unpackDate(own[next++] as string);
    }
    return fields;
  }
}

function wholeBuffer(body: readonly Uint8Array[]): ArrayBuffer | undefined {
  const piece = body.length === 1 ? (body[0] as Uint8Array) : undefined;
  if (piece === undefined || piece.byteLength !== piece.buffer.byteLength) return undefined;
  return piece.buffer instanceof ArrayBuffer ? piece.buffer : undefined;
}

/** Marks a date; no field value may begin with it. */
const DATE_MARK = '\u0001';

/** `Sun, 06 Nov 1994 08:49:37 GMT` in 29 characters as seconds in 7, where that gives back the very same text. */
function packDate(value: string): string {
  if (value.length !== 29 || !value.endsWith(' GMT')) return value;
  const ms = Date.parse(value);
  return ms >= 0 && new Date(ms).toUTCString() === value ? DATE_MARK + (ms / 1000).toString(36) : value;
}

function unpackDate(value: string): string {
  return value.startsWith(DATE_MARK)
    ? new Date(Number.parseInt(value.slice(1), 36) * 1000).toUTCString()
    : value;
}

/** All properties as data: what may be spread and compared. */
export function plainResponse(response: StoredResponse): StoredResponse {
  if (!(response instanceof PackedResponse)) return response;
  const { template: _, ownValues: __, content: ___, ...own } = response;
  const { status, fields, body, size, lifetimeFrom, cacheControl, varyNames } = response;
  const { initialAgeSeconds, responseTimeMs } = response;
  const ageing = { initialAgeSeconds, responseTimeMs };
  return { ...own, ...ageing, status, fields, body, size, lifetimeFrom, cacheControl, varyNames };
}

/** Values seen of a field before it counts as one whose values are rarely the same. */
const MAX_VALUES_PER_NAME = 32;
const MAX_CONSTANT_LENGTH = 256;
const MAX_NAMES = 1024;

/** Packs responses against the templates it has learnt; one per store. */
export class ResponsePacker {
  #templates = new Interned<Template>();
  #secondaryKeys = new Interned<string>();
  #shared = new Interned<object>();
  #valuesSeen = new Map<string, Set<string> | 'many'>();

  /** The response itself where it cannot be packed. */
  pack(response: StoredResponse): StoredResponse {
    if (response instanceof PackedResponse) return response;
    const { fields } = response;
    const names: string[] = [];
    const constants: (string | undefined)[] = [];
    const own: string[] = [];
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const [name, value] = [fields[i] as string, fields[i + 1] as string];
      if (value.includes(SEPARATOR) || value.startsWith(DATE_MARK)) return response;
      names.push(name);
      if (!this.#templates.isFull && this.#isConstant(name, value)) constants.push(value);
      else {
        constants.push(undefined);
        own.push(packDate(value));
      }
    }
    const { status, lifetimeFrom, cacheControl, varyNames } = response;
    const text = identityText([names, constants, status, lifetimeFrom, cacheControl, varyNames]);
    const template = this.#templates.get(text, () => ({
      status,
      names: names.map(ownString),
      constants: constants.map((value) => (value === undefined ? value : ownString(value))),
      lifetimeFrom,
      cacheControl,
      varyNames,
    }));
    // One value is not joined but given back as it is, with the buffer it may have been cut from.
    const ownValues = own.length === 1 ? ownString(own[0] as string) : own.join(SEPARATOR);
    const secondaryKey = this.#secondaryKeys.get(response.secondaryKey, () =>
      ownString(response.secondaryKey),
    );
    const packed = new PackedResponse(response, template, ownValues, secondaryKey);
    for (const name of Object.keys(response)) {
      if (KNOWN.has(name)) continue;
      const value = (response as unknown as Record<string, unknown>)[name];
      if (value !== undefined)
        (packed as unknown as Record<string, unknown>)[name] = name === 'tags' ? value : this.#share(value);
    }
    return packed;
  }

  #share(value: unknown): unknown {
    const isData = Array.isArray(value) || value instanceof Map || value instanceof Set;
    return isData ? this.#shared.get(identityText(value), () => value) : value;
  }

  #isConstant(name: string, value: string): boolean {
    if (value.length > MAX_CONSTANT_LENGTH) return false;
    let seen = this.#valuesSeen.get(name);
    if (seen === undefined) {
      if (this.#valuesSeen.size >= MAX_NAMES) return false;
      seen = new Set();
      this.#valuesSeen.set(ownString(name), seen);
    }
    if (seen === 'many') return false;
    if (seen.has(value)) return true;
    if (seen.size >= MAX_VALUES_PER_NAME) {
      this.#valuesSeen.set(name, 'many');
      return false;
    }
    seen.add(ownString(value));
    return true;
  }
}

const OBJECT_BYTES = 160;
/** An ArrayBuffer and its backing store, beside the bytes; a Uint8Array on it costs more. */
const BUFFER_BYTES = 240;
const PIECE_BYTES = 346;
const STRING_BYTES = 24;
const PLAIN_FIELD_BYTES = 48;

/** Bytes of memory that a response costs in a store, body included; held against the real by bench/edge/store.ts. */
export function responseBytes(response: StoredResponse): number {
  const inOne = response instanceof PackedResponse && response.content instanceof ArrayBuffer;
  const bodyBytes = response.size + (inOne ? BUFFER_BYTES : response.body.length * PIECE_BYTES);
  const varying = response.secondaryKey === '' ? 0 : response.secondaryKey.length + STRING_BYTES;
  if (response instanceof PackedResponse) {
    return OBJECT_BYTES + bodyBytes + varying + response.ownValues.length + STRING_BYTES;
  }
  const fieldBytes = response.fields.reduce((sum, text) => sum + text.length + PLAIN_FIELD_BYTES, 0);
  return 4 * OBJECT_BYTES + bodyBytes + varying + fieldBytes;
}
