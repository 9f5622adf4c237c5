// Which builds run when: parents first, two at a time, and none after one has failed.

import { expect, test } from 'vitest';
import { buildInOrder } from '../../../src/runtimes/docker/images/build-order.ts';

const IMAGES = [
  { tag: 'node', from: 'base' },
  { tag: 'router', from: 'base' },
  { tag: 'tools', from: 'node' },
  { tag: 'resolver', from: 'base' },
  { tag: 'client', from: 'tools' },
];
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('parents come first, and two builds run at a time', async () => {
  const built = new Set(['base']);
  let running = 0;
  let most = 0;
  await buildInOrder(IMAGES, undefined, async ({ tag, from }) => {
    expect(built).toContain(from);
    most = Math.max(most, ++running);
    for (let turns = 0; turns < 5; turns++) await turn();
    running--;
    built.add(tag);
  });
  expect([...built].sort()).toEqual(['base', 'client', 'node', 'resolver', 'router', 'tools']);
  expect(most).toBe(2);
});

test('an image whose parent is there already is built', async () => {
  const built: string[] = [];
  await buildInOrder([{ tag: 'client', from: 'tools' }], undefined, async ({ tag }) => void built.push(tag));
  expect(built).toEqual(['client']);
});

test.each(['node', 'router', 'client'])(
  'when %s fails, the others are ended, none begins, and it is told',
  async (bad) => {
    let running = 0;
    const building = buildInOrder(IMAGES, undefined, async ({ tag }, signal) => {
      running++;
      try {
        await turn();
        if (tag === bad) throw new Error(`${bad} failed`);
        await turn();
        signal.throwIfAborted();
      } finally {
        running--;
      }
    });
    await expect(building).rejects.toThrow(`${bad} failed`);
    expect(running).toBe(0);
  },
);

test('an interruption ends all, before the first build too', async () => {
  const begun: string[] = [];
  await expect(
    buildInOrder(
      IMAGES,
      AbortSignal.abort(new Error('interrupted')),
      async ({ tag }) => void begun.push(tag),
    ),
  ).rejects.toThrow('interrupted');
  expect(begun).toEqual([]);
  const stop = new AbortController();
  const building = buildInOrder(IMAGES, stop.signal, async (_, signal) => {
    stop.abort(new Error('interrupted'));
    signal.throwIfAborted();
  });
  await expect(building).rejects.toThrow('interrupted');
});
