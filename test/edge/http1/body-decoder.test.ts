// Bodies out of the stream: exactly to their end, and nothing that two parsers could read in two ways.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyDecoder } from '../../../src/edge/http1/body-decoder.ts';
import { CHUNKED } from '../../../src/edge/http1/framing.ts';
import { Refusal } from '../../../src/edge/http1/refusal.ts';

function decode(chunks: Buffer[], bodyLength: number) {
  const decoder = bodyDecoder(bodyLength);
  let body = '';
  let rest = '';
  for (const chunk of chunks) {
    if (decoder.done) {
      rest += chunk.toString('latin1');
      continue;
    }
    const end = decoder.decode(chunk, 0, (content) => {
      body += content.toString('latin1');
    });
    if (end instanceof Refusal) return `${end.status} ${end.reason}`;
    rest += chunk.toString('latin1', end);
  }
  return { body, rest, done: decoder.done };
}

const chunked = (text: string) => decode([Buffer.from(text, 'latin1')], CHUNKED);

describe('a chunked body', () => {
  it.each<[string, string, string]>([
    ['0\r\n\r\nnext', '', 'next'],
    ['3\r\nabc\r\n0\r\n\r\nGET', 'abc', 'GET'],
    ['00A\r\n0123456789\r\n000\r\n\r\n', '0123456789', ''],
    ['1;a;b=c;d="e;\\"\\\\"\r\nx\r\n0;z\r\n\r\n', 'x', ''],
    ['2\r\n\r\n\r\n0\r\nA: b\r\nC:\r\n\r\n', '\r\n', ''],
  ])('%j is %j, then %j', (text, body, rest) => {
    expect(chunked(text)).toEqual({ body, rest, done: true });
  });

  it.each<[string, string]>([
    ['\r\n', '400 not a chunk size'],
    ['g\r\n', '400 not a chunk size'],
    ['0x1\r\n', '400 not a chunk size'],
    ['+1\r\n', '400 not a chunk size'],
    ['-1\r\n', '400 not a chunk size'],
    [' 1\r\n', '400 not a chunk size'],
    ['1 \r\n', '400 not a chunk size'],
    ['1\n', '400 not a chunk size'],
    ['1\r\r\n', '400 not a chunk size'],
    ['1;\r\n', '400 not a chunk size'],
    ['1;a\nb\r\n', '400 not a chunk size'],
    ['1;a="b\r\n', '400 not a chunk size'],
    ['1;a=\0\r\n', '400 not a chunk size'],
    ['10000000000000\r\n', '400 not a chunk size'],
    [`1;${'a'.repeat(300)}`, '400 chunk size line too long'],
    ['1\r\nabcd', '400 chunk longer or shorter than its size'],
    ['3\r\nab\r\n0\r\n\r\n', '400 chunk longer or shorter than its size'],
    ['1\r\na\n0', '400 chunk longer or shorter than its size'],
    ['0\r\nA : b\r\n\r\n', '400 not a trailer field'],
    ['0\r\n b\r\n\r\n', '400 not a trailer field'],
    ['0\r\nA: b\n\r\n', '400 not a trailer field'],
    ['0\r\nContent-length: 1\r\n\r\n', '400 framing field in a trailer'],
    ['0\r\n\n', '400 not a trailer field'],
    ['0\r\nGET / HTTP/1.1\r\n', '400 not a trailer field'],
    [`0\r\nA: ${'b'.repeat(9000)}`, '431 trailers too large'],
    [`0\r\n${'A: b\r\n'.repeat(2000)}`, '431 trailers too large'],
    [`1;${'a'.repeat(200)}\r\nx\r\n`.repeat(100), '413 chunk extensions too long'],
  ])('%j is refused: %s', (text, reason) => {
    expect(chunked(text)).toBe(reason);
  });

  it('is the same however it is cut', () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, fc.array(fc.nat(300), { maxLength: 10 }), (contents, cuts) => {
        const body = contents.map((content) => Buffer.from(content).toString('latin1'));
        const text = `${body.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\nnext`;
        const bytes = Buffer.from(text, 'latin1');
        const places = [0, ...cuts.filter((at) => at < bytes.length).toSorted((a, b) => a - b)];
        const chunks = places.map((at, i) => bytes.subarray(at, places[i + 1] ?? bytes.length));
        expect(decode(chunks, CHUNKED)).toEqual({ body: body.join(''), rest: 'next', done: true });
      }),
    );
  });
});

describe('a body of a known length', () => {
  it('ends there', () => {
    expect(decode([Buffer.from('ab'), Buffer.from('cdef')], 3)).toEqual({
      body: 'abc',
      rest: 'def',
      done: true,
    });
    expect(decode([Buffer.from('ab')], 3)).toEqual({ body: 'ab', rest: '', done: false });
  });
});
