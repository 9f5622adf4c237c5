// Bodies in gzip (RFC 1952), br (RFC 7932) and zstd (RFC 8878) by node:zlib, whose work is done on other threads: a stored
// body at once, a growing one as it comes.

import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { encodedFields } from '../compress/encoded-fields.ts';
import type { BodyReader } from '../growing-body.ts';
import type { ContentCoding } from '../policy/route-policy.ts';
import { plainResponse } from '../store/packed-response.ts';
import type { StoredResponse } from '../stored-response.ts';

/** Middle levels: the highest of br takes fifty times as long for a few percent. Streams compress while a client waits. */
const LEVELS = {
  gzip: { stored: 6, stream: 5 },
  br: { stored: 6, stream: 4 },
  zstd: { stored: 9, stream: 3 },
};

/** zstd came with Node 22.15. */
export const AVAILABLE_CODINGS: readonly ContentCoding[] =
  typeof zlib.createZstdCompress === 'function' ? ['br', 'zstd', 'gzip'] : ['br', 'gzip'];

/** Undefined when the coded body is no smaller. The fields are changed to fit (encoded-fields.ts). */
export async function compressStored(
  stored: StoredResponse,
  coding: ContentCoding,
): Promise<StoredResponse | undefined> {
  const { body: pieces } = stored;
  const whole = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
  const coded = await compressBytes(whole, coding);
  if (coded.length >= stored.size) return undefined;
  // zlib's result may be a window on a larger buffer.
  const body = coded.buffer.byteLength > coded.length * 1.25 ? [new Uint8Array(coded)] : [coded];
  const plain = plainResponse(stored);
  return {
    ...plain,
    fields: encodedFields(plain.fields, coding, coded.length),
    body,
    size: coded.length,
  };
}

const gzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip);
const brotli = promisify<Uint8Array, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);

function compressBytes(bytes: Uint8Array, coding: ContentCoding): Promise<Buffer> {
  switch (coding) {
    case 'gzip':
      return gzip(bytes, { level: LEVELS.gzip.stored });
    case 'br':
      return brotli(bytes, { params: brotliParams(LEVELS.br.stored, bytes.length) });
    case 'zstd':
      return promisify<Uint8Array, zlib.ZstdOptions, Buffer>(zlib.zstdCompress)(bytes, {
        params: zstdParams(LEVELS.zstd.stored),
      });
  }
}

/** The reader's bytes in a coding. Cancelling it cancels `source`; what breaks the source off breaks this off. */
export function compressStream(source: BodyReader, coding: ContentCoding): BodyReader {
  const coder = createCoder(coding);
  // The iterator listens only once it is asked; an error before that would end the process.
  coder.on('error', () => {});
  const coded: AsyncIterator<Buffer> = coder[Symbol.asyncIterator]();
  let cancelled = false;
  const cancel = () => {
    if (cancelled) return;
    cancelled = true;
    source.cancel();
    coder.destroy();
  };
  void feed(source, coder, coding, () => cancelled);
  return {
    async next() {
      try {
        const { done, value } = await coded.next();
        return done ? undefined : value;
      } catch (error) {
        // Destroyed by cancel(): an end, not a failure.
        if (cancelled) return undefined;
        throw error;
      }
    },
    cancel,
  };
}

/** Flushed whenever the source has nothing more for now: a slow page must not wait for the compressor's buffer. */
async function feed(
  source: BodyReader,
  coder: Coder,
  coding: ContentCoding,
  cancelled: () => boolean,
): Promise<void> {
  try {
    for (let written = false; ; written = true) {
      const chunk = await orIdle(source.next(), () => {
        if (!written || coder.destroyed) return;
        if (coding === 'gzip') coder.flush(zlib.constants.Z_SYNC_FLUSH);
        else coder.flush();
      });
      if (cancelled()) return;
      if (chunk === undefined) break;
      if (!coder.write(chunk))
        await new Promise((resolve) => coder.once('drain', resolve).once('close', resolve));
    }
    coder.end();
  } catch (error) {
    coder.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** `onIdle` is called when a turn of the event loop brought nothing. */
async function orIdle<Value>(coming: Promise<Value>, onIdle: () => void): Promise<Value> {
  const timer = setImmediate(onIdle);
  try {
    return await coming;
  } finally {
    clearImmediate(timer);
  }
}

/** Without a kind gzip would take Z_FULL_FLUSH and forget all that it has seen. */
type Coder = Transform & { flush(kind?: number): void };

function createCoder(coding: ContentCoding): Coder {
  switch (coding) {
    case 'gzip':
      return zlib.createGzip({ level: LEVELS.gzip.stream });
    case 'br':
      return zlib.createBrotliCompress({ params: brotliParams(LEVELS.br.stream) });
    case 'zstd':
      return zlib.createZstdCompress({ params: zstdParams(LEVELS.zstd.stream) });
  }
}

function brotliParams(quality: number, size?: number): Record<number, number> {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT, BROTLI_PARAM_LGWIN } = zlib.constants;
  return {
    [BROTLI_PARAM_QUALITY]: quality,
    // 512 KiB: a window of the default 4 MiB for each stream is memory that slow clients hold.
    ...(size === undefined ? { [BROTLI_PARAM_LGWIN]: 19 } : { [BROTLI_PARAM_SIZE_HINT]: size }),
  };
}

/** RFC 9659: windows over 8 MiB are not for the web. */
function zstdParams(level: number): Record<number, number> {
  const { ZSTD_c_compressionLevel, ZSTD_c_windowLog } = zlib.constants;
  return { [ZSTD_c_compressionLevel]: level, [ZSTD_c_windowLog]: 20 };
}
