import { describe, expect, test } from 'vitest';
import { chooseEncoding } from '../../../src/edge/compress/choose-encoding.ts';
import { encodedFields, withVaryAcceptEncoding } from '../../../src/edge/compress/encoded-fields.ts';
import { fieldValue } from '../../../src/edge/fields.ts';
import { resolveRoutes } from '../../../src/edge/policy/policy-config.ts';

const policy = resolveRoutes([{ compress: true }])[0]?.compress;
const HTML = ['Content-Type', 'text/html; charset=utf-8'];

describe('the coding of an answer', () => {
  const cases: [string, string[], { status?: number; fields?: string[]; size?: number }, string, string][] = [
    [
      'the route’s first where the client has no preference',
      ['Accept-Encoding', 'gzip, br, zstd'],
      {},
      'br',
      'negotiated',
    ],
    ['the client’s preference', ['Accept-Encoding', 'gzip, br;q=0.9'], {}, 'gzip', 'negotiated'],
    ['all that * covers', ['Accept-Encoding', '*'], {}, 'br', 'negotiated'],
    ['never one of weight 0', ['Accept-Encoding', 'br;q=0, *;q=0.1'], {}, 'zstd', 'negotiated'],
    ['none for who says nothing', [], {}, 'identity', 'client-accepts-no-coding'],
    [
      'none for who names none of ours',
      ['Accept-Encoding', 'deflate'],
      {},
      'identity',
      'client-accepts-no-coding',
    ],
    [
      'none for who likes identity more',
      ['Accept-Encoding', 'identity, gzip;q=0.5'],
      {},
      'identity',
      'client-prefers-identity',
    ],
    [
      'even a weak one before identity unnamed',
      ['Accept-Encoding', 'gzip;q=0.001'],
      {},
      'gzip',
      'negotiated',
    ],
    ['not of small bodies', ['Accept-Encoding', 'gzip'], { size: 100 }, 'identity', 'too-small'],
    [
      'not by Content-Length either',
      ['Accept-Encoding', 'gzip'],
      { fields: [...HTML, 'Content-Length', '9'] },
      'identity',
      'too-small',
    ],
    [
      'but where identity is refused',
      ['Accept-Encoding', 'gzip, identity;q=0'],
      { size: 100 },
      'gzip',
      'negotiated',
    ],
    [
      'in vain where nothing is accepted',
      ['Accept-Encoding', '*;q=0'],
      {},
      'identity',
      'identity-refused-in-vain',
    ],
    [
      'not of pictures',
      ['Accept-Encoding', 'gzip'],
      { fields: ['Content-Type', 'image/png'] },
      'identity',
      'type',
    ],
    [
      'of pictures that are text',
      ['Accept-Encoding', 'gzip'],
      { fields: ['Content-Type', 'Image/SVG+xml'] },
      'gzip',
      'negotiated',
    ],
    [
      'not of event streams',
      ['Accept-Encoding', 'gzip'],
      { fields: ['Content-Type', 'text/event-stream'] },
      'identity',
      'type',
    ],
    ['not of what has no type', ['Accept-Encoding', 'gzip'], { fields: [] }, 'identity', 'type'],
    [
      'not twice',
      ['Accept-Encoding', 'gzip'],
      { fields: [...HTML, 'Content-Encoding', 'br'] },
      'identity',
      'already-encoded',
    ],
    [
      'not against no-transform',
      ['Accept-Encoding', 'gzip'],
      { fields: [...HTML, 'Cache-Control', 'public, no-transform'] },
      'identity',
      'no-transform',
    ],
    ['not of parts', ['Accept-Encoding', 'gzip'], { status: 206 }, 'identity', 'status'],
    ['not of ranges', ['Accept-Encoding', 'gzip', 'Range', 'bytes=0-1'], {}, 'identity', 'range'],
    ['of ranges that continue a coding', ['Range', 'bytes=5-', 'If-Range', '"a-br"'], {}, 'br', 'if-range'],
    ['not by a weak tag', ['Range', 'bytes=5-', 'If-Range', 'W/"a-br"'], {}, 'identity', 'range'],
  ];
  for (const [what, request, { status = 200, fields = HTML, size }, encoding, reason] of cases) {
    test(`${what}: ${request.join(': ')}`, () => {
      const head = { status, fields, ...(size !== undefined && { size }) };
      expect(chooseEncoding(request, head, policy)).toMatchObject({ encoding, reason });
    });
  }

  test('is none on a route that does not compress, and others get no other', () => {
    const choice = chooseEncoding(['Accept-Encoding', 'gzip'], { status: 200, fields: HTML }, undefined);
    expect(choice).toEqual({ encoding: 'identity', reason: 'not-configured', varies: false });
  });

  test('is of the fields of this response, not of those before', () => {
    const request = ['Accept-Encoding', 'gzip'];
    expect(chooseEncoding(request, { status: 200, fields: [...HTML] }, policy).encoding).toBe('gzip');
    expect(chooseEncoding(request, { status: 200, fields: ['Content-Type', 'a/b'] }, policy).encoding).toBe(
      'identity',
    );
  });
});

describe('the fields of a coded response', () => {
  const fields = [
    ...HTML,
    'ETag',
    '"a"',
    'Content-Length',
    '5000',
    'Accept-Ranges',
    'bytes',
    'Vary',
    'Origin',
  ];
  test('have a tag of their own, the new length and Vary', () => {
    const coded = encodedFields(fields, 'br', 900);
    expect(fieldValue(coded, 'etag')).toBe('"a-br"');
    expect(fieldValue(coded, 'content-length')).toBe('900');
    expect(fieldValue(coded, 'content-encoding')).toBe('br');
    expect(fieldValue(coded, 'vary')).toBe('Origin, Accept-Encoding');
  });
  test('have a weak tag and no length while they are a stream', () => {
    const coded = encodedFields(fields, 'gzip', undefined);
    expect(fieldValue(coded, 'etag')).toBe('W/"a-gzip"');
    expect(fieldValue(coded, 'content-length')).toBeUndefined();
    expect(fieldValue(coded, 'accept-ranges')).toBe('none');
  });
  test('keep a weak tag weak, and take one that is none for none', () => {
    expect(fieldValue(encodedFields(['ETag', 'W/"a"'], 'gzip', 1), 'etag')).toBe('W/"a-gzip"');
    expect(fieldValue(encodedFields(['ETag', 'a'], 'gzip', 1), 'etag')).toBe('W/"gzip"');
  });
  test('name Accept-Encoding in Vary once', () => {
    expect(withVaryAcceptEncoding(['Vary', 'accept-encoding'])).toEqual(['Vary', 'accept-encoding']);
    expect(withVaryAcceptEncoding(['Vary', '*'])).toEqual(['Vary', '*']);
  });
});
