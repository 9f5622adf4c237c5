import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodedVariants } from '../../../src/edge/compress/encoded-variants.ts';
import { fieldValue } from '../../../src/edge/fields.ts';
import { GrowingBody } from '../../../src/edge/growing-body.ts';
import { AVAILABLE_CODINGS, compressStored, compressStream } from '../../../src/edge/io/compress-body.ts';
import type { ContentCoding } from '../../../src/edge/policy/route-policy.ts';
import { createMemoryStore } from '../../../src/edge/store/memory-store.ts';
import { refreshed, responseHead, type StoredResponse } from '../../../src/edge/stored-response.ts';

const DECODE = { br: brotliDecompressSync, gzip: gunzipSync, zstd: zstdDecompressSync };

function stored(text: string, fields: string[] = []): StoredResponse {
  const body = [new TextEncoder().encode(text)];
  const times = { requestTimeMs: 0, responseTimeMs: 0 };
  const received = ['Content-Type', 'text/html', 'ETag', '"a"', ...fields];
  const head = responseHead({ status: 200, fields: received, requestFields: [], ...times });
  return { ...head, body, size: body[0]?.length ?? 0 };
}

const text = 'the same words again and again '.repeat(500);

describe.each([...AVAILABLE_CODINGS])('%s', (coding) => {
  test('a stored body is the same after decoding', async () => {
    const coded = await compressStored(stored(text), coding);
    expect(coded?.size).toBeLessThan(text.length / 10);
    expect(DECODE[coding](Buffer.concat(coded?.body ?? [])).toString()).toBe(text);
    expect(fieldValue(coded?.fields ?? [], 'etag')).toBe(`"a-${coding}"`);
  });

  test('what would not get smaller is left', async () => {
    expect(await compressStored(stored('x'), coding)).toBeUndefined();
  });

  test('a stream of any pieces is the same after decoding', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 12 }),
        async (chunks) => {
          const body = new GrowingBody(true, { onPressure() {}, onAbandoned() {} });
          const coded = read(compressStream(body.reader(), coding));
          for (const chunk of chunks) {
            body.append(chunk);
            await new Promise(setImmediate);
          }
          body.end();
          expect(DECODE[coding](await coded)).toEqual(Buffer.concat(chunks));
        },
      ),
      { numRuns: 20 },
    );
  });

  test('what has come is sent on while the rest is awaited', async () => {
    const body = new GrowingBody(false, { onPressure() {}, onAbandoned() {} });
    const reader = compressStream(body.reader(), coding);
    body.append(Buffer.from(text));
    const first = await reader.next();
    expect(first?.length).toBeGreaterThan(0);
    reader.cancel();
  });
});

async function read(reader: { next(): Promise<Uint8Array | undefined> }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await reader.next(); chunk; chunk = await reader.next()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('a coded stream', () => {
  test('breaks off when its source does, before or after it was read', async () => {
    for (const late of [false, true]) {
      const body = new GrowingBody(true, { onPressure() {}, onAbandoned() {} });
      const reader = compressStream(body.reader(), 'gzip');
      body.append(Buffer.from(text));
      if (late) await reader.next();
      body.fail(new Error('the origin broke off'));
      await new Promise(setImmediate);
      await expect(read(reader)).rejects.toThrow('the origin broke off');
    }
  });

  test('lets go of its source when cancelled, and ends', async () => {
    let abandoned = false;
    const onAbandoned = () => {
      abandoned = true;
    };
    const body = new GrowingBody(false, { onPressure() {}, onAbandoned });
    const reader = compressStream(body.reader(), 'br');
    const coming = reader.next();
    reader.cancel();
    expect(abandoned).toBe(true);
    await coming;
    expect(await reader.next()).toBeUndefined();
  });
});

describe('stored variants', () => {
  function variants() {
    const store = createMemoryStore({ cacheBytes: 10_000_000, now: () => 0 });
    const made: ContentCoding[] = [];
    const encoded = new EncodedVariants(store, (response, coding) => {
      made.push(coding);
      return compressStored(response, coding);
    });
    const settled = async () => {
      while (encoded.pending > 0) await new Promise(setImmediate);
    };
    return { store, encoded, made, settled };
  }

  test('are made once each, in the background, and then found', async () => {
    const { encoded, made, settled } = variants();
    const identity = stored(text);
    expect(encoded.find('k', identity, 'br')).toBeUndefined();
    expect(encoded.find('k', identity, 'br')).toBeUndefined();
    expect(encoded.find('k', identity, 'gzip')).toBeUndefined();
    await settled();
    expect(made).toEqual(['br', 'gzip']);
    const found = encoded.find('k', identity, 'br');
    expect(brotliDecompressSync(Buffer.concat(found?.body ?? [])).toString()).toBe(text);
    expect(encoded.find('k', identity, 'br')).toBe(found);
  });

  test('follow their identity: a 304 keeps them, with its new fields; another body does not', async () => {
    const { encoded, made, settled } = variants();
    const identity = stored(text);
    encoded.find('k', identity, 'gzip');
    await settled();
    const times = { requestTimeMs: 5000, responseTimeMs: 5000 };
    const fields = ['Cache-Control', 'max-age=9', 'ETag', '"a"'];
    const again = refreshed(identity, { status: 304, fields, requestFields: [], ...times });
    // As a store packs it: every read gives the same bytes in another array.
    Object.defineProperty(again, 'body', { get: () => [...identity.body], enumerable: true });
    expect(encoded.find('k', again, 'gzip')).toMatchObject({ lifetimeSeconds: 9, responseTimeMs: 5000 });
    const other = stored(text.toUpperCase());
    expect(encoded.find('k', other, 'gzip')).toBeUndefined();
    await settled();
    expect(gunzipSync(Buffer.concat(encoded.find('k', other, 'gzip')?.body ?? [])).toString()).toBe(
      text.toUpperCase(),
    );
    expect(made).toEqual(['gzip', 'gzip']);
  });

  test('are made again after they were evicted, and not again where they were no smaller', async () => {
    const { store, encoded, made, settled } = variants();
    const identity = stored(text);
    encoded.find('k', identity, 'gzip');
    await settled();
    store.delete('k gzip');
    expect(encoded.find('k', identity, 'gzip')).toBeUndefined();
    const small = stored('x');
    encoded.find('small', small, 'gzip');
    await settled();
    encoded.find('small', small, 'gzip');
    await settled();
    expect(made).toEqual(['gzip', 'gzip', 'gzip']);
  });
});
