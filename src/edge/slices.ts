// Range fills by slices: a large object is fetched, stored, refreshed and purged as many small ones, each a byte range of it,
// so that a range in the middle costs no more than itself and no object is too large for the store. A request for it is
// answered from one slice after the other, of which the next is on its way while one is read.

import { shape } from './answers.ts';
import type { CacheStatus } from './cache-status.ts';
import type { Answer, EdgeRequest } from './edge-request.ts';
import { type Fields, fieldValue, hasField, withoutFields } from './fields.ts';
import type { BodyReader } from './growing-body.ts';
import { contentRange, firstWantedByte } from './range.ts';

/** Bytes `first` to `last` (inclusive, as HTTP counts) of an object; the last slice may be shorter. */
export interface Slice {
  index: number;
  first: number;
  last: number;
}

/** What the sliced answer is made of. */
export interface SliceSource {
  /** Bytes of a slice. */
  bytes: number;
  /** The answer for one slice, as for an object of its own; `first` is the one that decides about the whole. */
  answer(slice: Slice, first: boolean): Answer | Promise<Answer>;
  /** Whether a slice can be had without the origin. */
  holds(slice: Slice): boolean;
  /** Whether the first slice is there, and is all of the object. */
  holdsWhole(): boolean;
  /** Slices of two versions were found. */
  drop(): void;
  /** For what cannot be answered by slices: straight to the origin and back. */
  passOn(detail: string): Promise<Answer>;
  nowMs: number;
}

/** Conditions and ranges are the whole object's, so a slice is asked for without them. */
export function withoutConditions(request: EdgeRequest): EdgeRequest {
  return { ...request, fields: withoutFields(request.fields, CONDITIONS) };
}

const CONDITIONS = new Set(['range', 'if-range', 'if-none-match', 'if-modified-since']);

/** Key of a slice: the object's URL, then what else it is keyed by (cache-key.ts), the slice's number last. */
export function sliceKey(key: string, index: number): string {
  return `${sliceKeyPrefix(key)}${index}]]`;
}

/** What the keys of all slices of an object begin with. */
export function sliceKeyPrefix(key: string): string {
  return key.includes(' ') ? `${key.slice(0, -1)},["slice",` : `${key} [["slice",`;
}

export async function slicedAnswer(request: EdgeRequest, source: SliceSource): Promise<Answer> {
  const { nowMs } = source;
  const begin = sliceAt(source.holdsWhole() ? 0 : firstWantedByte(request.fields), source.bytes);
  const start = await source.answer(begin, true);
  const reason = whyNotBySlices(request, begin, start);
  if (reason !== undefined) {
    release(start);
    return source.passOn(reason);
  }
  if (start.status !== 200) return start;
  const part = contentRange(start.fields);
  const length = fieldValue(start.fields, 'content-length');
  // Without a range in the answer it is the whole: this origin does not know ranges.
  const size = part?.size ?? (length === undefined ? undefined : Number(length));
  const fields = part ? ofWhole(start.fields, part.size) : start.fields;
  const shaped = shape(request, { status: 200, fields, size, body: start.body }, start.cacheStatus, nowMs);
  const answer: Answer = {
    ...shaped,
    ...(start.route !== undefined && { route: start.route }),
    ...(start.key !== undefined && { key: start.key }),
  };
  if (shaped.body.kind === 'none') release(start);
  if (shaped.body.kind === 'none' || !part) return answer;
  const { slice: range, ...rest } = answer;
  const first = range?.first ?? 0;
  const last = range ? range.first + range.length - 1 : part.size - 1;
  const missing = [...slicesBetween(first, last, source.bytes)].some(
    (slice) => slice.index !== begin.index && !source.holds(slice),
  );
  return {
    ...rest,
    cacheStatus: statusOfWhole(start.cacheStatus, missing),
    body: { kind: 'stream', reader: new SlicesReader(source, begin, start, first, last) },
  };
}

/** A part that is there was found here, the rest has to be fetched (RFC 9211 section 2.2: partial). */
function statusOfWhole({ hit, ...status }: CacheStatus, missing: boolean): CacheStatus {
  if (hit) return missing ? { ...status, fwd: 'partial' } : { hit, ...status };
  // Stored as a whole of its own, it came as a part.
  return status.fwdStatus === 200 ? { ...status, fwdStatus: 206 } : status;
}

function whyNotBySlices(request: EdgeRequest, begin: Slice, { status, fields }: Answer): string | undefined {
  // An origin may refuse a range of nothing, and If-Range may say that none is wanted.
  if (status === 416 && (begin.index === 0 || fieldValue(request.fields, 'if-range') !== undefined))
    return 'slice-unsatisfiable';
  if (status === 206) return 'slice-mismatch';
  if (
    status === 200 &&
    contentRange(fields) &&
    !hasField(fields, 'etag') &&
    !hasField(fields, 'last-modified')
  )
    return 'slice-without-validator';
  return undefined;
}

function sliceAt(byte: number, bytes: number): Slice {
  const index = Math.floor(byte / bytes);
  return { index, first: index * bytes, last: (index + 1) * bytes - 1 };
}

function* slicesBetween(first: number, last: number, bytes: number): Generator<Slice, void> {
  for (let at = first; at <= last; ) {
    const slice = sliceAt(at, bytes);
    yield slice;
    at = slice.last + 1;
  }
}

/** Of the object that a slice is of. */
function ofWhole(fields: Fields, size: number): string[] {
  return [
    ...withoutFields(fields, new Set(['content-length', 'content-range'])),
    'Content-Length',
    String(size),
  ];
}

function release({ body }: Answer): void {
  if (body.kind === 'stream') body.reader.cancel();
}

/** Bytes `first` to `last` of an object, slice after slice. */
class SlicesReader implements BodyReader {
  readonly #source: SliceSource;
  readonly #version: string;
  readonly #last: number;
  readonly #slices: Iterator<Slice, void>;
  /** The answer that decided about the whole, until its slice comes. */
  #begin: { index: number; answer: Answer } | undefined;
  #ahead: { slice: Slice; answer: Promise<Answer> } | undefined;
  #current: BodyReader | undefined;
  /** Position in the object of the next byte to be read from `#current`, and of the next byte to be given. */
  #at = 0;
  #next: number;
  #cancelled = false;

  constructor(source: SliceSource, begin: Slice, start: Answer, first: number, last: number) {
    this.#source = source;
    this.#version = versionOf(start.fields);
    this.#next = first;
    this.#last = last;
    this.#begin = { index: begin.index, answer: start };
    this.#slices = slicesBetween(first, last, source.bytes);
    this.#ahead = this.#ask();
    // Nobody wanted a byte of it: If-Range did not hold.
    if (this.#begin) release(this.#begin.answer);
  }

  async next(): Promise<Uint8Array | undefined> {
    while (!this.#cancelled && this.#next <= this.#last) {
      this.#current ??= await this.#open();
      const chunk = await this.#current.next();
      if (chunk === undefined) {
        if (this.#at <= this.#last && this.#at % this.#source.bytes !== 0)
          throw new Error('a slice is shorter than it said');
        this.#current = undefined;
        continue;
      }
      const from = this.#next - this.#at;
      this.#at += chunk.length;
      if (from >= chunk.length) continue;
      const wanted = chunk.subarray(Math.max(0, from), from + this.#last - this.#next + 1);
      this.#next += wanted.length;
      return wanted;
    }
    return undefined;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#current?.cancel();
    void this.#ahead?.answer.then(release, () => {});
    this.#ahead = undefined;
  }

  /** The slice that was asked for ahead; the one after it is asked for now. */
  async #open(): Promise<BodyReader> {
    const ahead = this.#ahead;
    if (!ahead) throw new Error('read beyond the last slice');
    const answer = await ahead.answer;
    if (answer.status !== 200 || versionOf(answer.fields) !== this.#version) {
      release(answer);
      if (answer.status === 200) this.#source.drop();
      throw new Error(answer.status === 200 ? 'the object has changed' : `a slice got ${answer.status}`);
    }
    this.#ahead = this.#cancelled ? undefined : this.#ask();
    this.#at = ahead.slice.first;
    return readerOf(answer);
  }

  #ask() {
    const { value: slice } = this.#slices.next();
    if (!slice) return undefined;
    const begin = this.#begin?.index === slice.index ? this.#begin.answer : undefined;
    if (begin) this.#begin = undefined;
    const answer = Promise.resolve(begin ?? this.#source.answer(slice, false));
    // Told when its turn comes.
    answer.catch(() => {});
    return { slice, answer };
  }
}

/** Equal for slices of one version: a validator and the size of the whole. */
function versionOf(fields: Fields): string {
  const { size } = contentRange(fields) ?? {};
  return [size, fieldValue(fields, 'etag'), fieldValue(fields, 'last-modified')].join('\n');
}

function readerOf({ body }: Answer): BodyReader {
  if (body.kind === 'stream') return body.reader;
  const chunks = body.kind === 'chunks' ? [...body.chunks] : [];
  return { next: async () => chunks.shift(), cancel: () => void chunks.splice(0) };
}
