import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameQueues } from '../../../src/shaping/relay/frame-queues.ts';

const QUEUES = 5;

describe('the queues of held frames', () => {
  it('know of no deadline when they are empty', () => {
    expect(new FrameQueues(QUEUES, 8).nextDeadlineNs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('hand frames out by deadline, and those of one queue in the order they came', () => {
    const gaps = fc.array(fc.tuple(fc.nat(QUEUES - 1), fc.nat(20), fc.nat(3)), { maxLength: 300 });
    fc.assert(
      fc.property(gaps, (steps) => {
        const queues = new FrameQueues(QUEUES, steps.length);
        const lastDeadline = new Array<number>(QUEUES).fill(0);
        const model: { queue: number; slot: number; deadline: number }[] = [];
        steps.forEach(([queue, gap, pops], slot) => {
          lastDeadline[queue] = (lastDeadline[queue] as number) + gap;
          queues.push(queue, slot, lastDeadline[queue] as number);
          model.push({ queue, slot, deadline: lastDeadline[queue] as number });
          for (let i = 0; i < pops; i++) popBoth(queues, model);
        });
        while (model.length > 0) popBoth(queues, model);
        expect(queues.nextDeadlineNs()).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });
});

function popBoth(queues: FrameQueues, model: { queue: number; slot: number; deadline: number }[]): void {
  if (model.length === 0) return;
  const deadline = Math.min(...model.map((frame) => frame.deadline));
  expect(queues.nextDeadlineNs()).toBe(deadline);
  const queue = queues.nextQueue();
  const slot = queues.pop();
  const first = model.findIndex((frame) => frame.queue === queue);
  expect(model[first]).toEqual({ queue, slot, deadline });
  model.splice(first, 1);
}
