import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Assembly, type Part, takeApart } from '../../src/base/take-apart.ts';

/** As messages between threads do it. */
function throughMessages(value: unknown, run: number): { parts: Part[]; together: unknown } {
  const parts = [...takeApart(value, run)].map((part) => structuredClone(part));
  const assembly = new Assembly();
  for (const part of parts) assembly.add(part);
  return { parts, together: assembly.value() };
}

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.integer(),
    fc.string(),
    fc.constant(undefined),
    fc.constant(null),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 9 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 5, noNullPrototype: true }),
    fc
      .uniqueArray(fc.tuple(fc.string(), tie('value')), { maxLength: 9, selector: ([key]) => key })
      .map((entries) => new Map(entries)),
  ),
}));

it('gives back whatever was taken apart', () => {
  fc.assert(
    fc.property(value, fc.integer({ min: 1, max: 5 }), (value, run) => {
      expect(throughMessages(value, run).together).toEqual(structuredClone(value));
    }),
  );
});

it('has no more entries in a part than asked for', () => {
  const nodes = new Map(Array.from({ length: 1000 }, (_, i) => [`n${i}`, { list: [i, i] }]));
  const value = { zones: new Map([['a', { nodes }]]) };
  const { parts, together } = throughMessages(value, 64);
  expect(parts).toHaveLength(1 + Math.ceil(1000 / 64));
  expect(Math.max(...parts.map(({ into }) => into?.entries.length ?? 0))).toBe(64);
  expect(together).toEqual(value);
});

it('leaves shared memory shared', () => {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const { together } = throughMessages({ words }, 1);
  words[1] = 7;
  expect((together as { words: Int32Array }).words[1]).toBe(7);
});

it('says so when the first part is missing', () => {
  expect(() => new Assembly().value()).toThrow('the first part is missing');
});
