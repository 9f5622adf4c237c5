import { describe, expect, it } from 'vitest';
import { describeChanges } from '../../../src/dns/health/describe-changes.ts';
import type { OverrideRule } from '../../../src/dns/health/overrides.ts';
import { buildSnapshot, EMPTY_SNAPSHOT, type PopInputs } from '../../../src/dns/health/snapshot-builder.ts';
import type { SteeringSnapshot } from '../../../src/dns/steering/snapshot.ts';

const up: PopInputs = {
  pop: 'fra',
  checked: { health: 'up', reason: 'HTTP 200', secondsToChange: 2 },
  shedFraction: 0,
};
const down: PopInputs = { ...up, checked: { health: 'down', reason: 'HTTP 503', secondsToChange: 1 } };
const rule = (state: OverrideRule['state'], why?: string): OverrideRule => ({
  pattern: 'fra',
  line: 3,
  state,
  ...(why && { why }),
});

function build(inputs: PopInputs[], previous: SteeringSnapshot = EMPTY_SNAPSHOT, nowMs = 1000) {
  return buildSnapshot(previous, inputs, 'overrides.txt', nowMs);
}

function stateOf(input: PopInputs) {
  return build([input]).snapshot.pops[0];
}

describe('a snapshot', () => {
  it('of a POP with checks', () => {
    expect(stateOf(down)).toEqual({
      pop: 'fra',
      health: 'down',
      usable: false,
      sinceMs: 1000,
      reason: 'HTTP 503',
      secondsToChange: 1,
      shedFraction: 0,
    });
  });

  it('of a POP without: usable, unchecked, and it cannot change', () => {
    expect(stateOf({ pop: 'fra', shedFraction: 0 })).toMatchObject({
      health: 'unchecked',
      usable: true,
      reason: 'has no check',
      secondsToChange: Number.POSITIVE_INFINITY,
    });
  });

  it.each([
    ['down', up, false, 'forced down by overrides.txt:3'],
    ['drain', up, false, 'drained by overrides.txt:3'],
    ['up', down, true, 'forced up by overrides.txt:3'],
  ] as const)('the operator beats the checks: %s', (state, input, usable, reason) => {
    expect(stateOf({ ...input, override: rule(state) })).toMatchObject({
      forced: state,
      usable,
      reason,
      health: input.checked?.health,
    });
  });

  it('says why the operator did it, and auto leaves it to the checks', () => {
    expect(stateOf({ ...up, override: rule('down', 'fibre cut') })?.reason).toContain('(fibre cut)');
    const auto = stateOf({ ...down, override: rule('auto') });
    expect(auto).toMatchObject({ usable: false, reason: 'HTTP 503' });
    expect(auto).not.toHaveProperty('forced');
  });

  it('has a new serial only when an answer or a TTL could change', () => {
    const first = build([up]).snapshot;
    const again = build([up], first, 2000);
    expect(again).toMatchObject({ changed: false, snapshot: { serial: first.serial } });
    const other = { ...up, checked: { health: 'up' as const, reason: 'HTTP 204', secondsToChange: 2 } };
    const reworded = build([other], first, 2000);
    expect(reworded.changed).toBe(false);
    expect(reworded.snapshot.pops[0]?.reason).toBe('HTTP 204');
    for (const input of [
      down,
      { ...up, override: rule('drain') },
      { ...up, shedFraction: 0.25 },
      { ...up, checked: { health: 'up' as const, reason: 'HTTP 200', secondsToChange: 1 } },
    ])
      expect(build([input], first, 2000)).toMatchObject({
        changed: true,
        snapshot: { serial: first.serial + 1 },
      });
    expect(build([up, { ...up, pop: 'lon' }], first).changed).toBe(true);
    expect(build([], first).changed).toBe(true);
  });

  it('dates a change of usable, and nothing else', () => {
    const first = build([up], EMPTY_SNAPSHOT, 1000).snapshot;
    const shed = build([{ ...up, shedFraction: 0.5 }], first, 2000).snapshot;
    expect(shed.pops[0]?.sinceMs).toBe(1000);
    const gone = build([{ ...up, override: rule('down') }], shed, 3000).snapshot;
    expect(gone.pops[0]?.sinceMs).toBe(3000);
    const forcedButDown = build([{ ...down, override: rule('down') }], gone, 4000).snapshot;
    expect(forcedButDown.pops[0]?.sinceMs).toBe(3000);
  });
});

describe('the log of a change', () => {
  it.each([
    ['down', [up], [down], ['fra is down']],
    ['a drain', [up], [{ ...up, override: rule('drain') }], ['fra is drained']],
    ['the end of it', [{ ...up, override: rule('drain') }], [up], ['fra is no longer forced']],
    ['forced up while down', [up], [{ ...down, override: rule('up') }], ['fra is down', 'fra is forced up']],
    ['shedding', [up], [{ ...up, shedFraction: 0.25 }], ['fra sheds 25 %']],
    ['only a TTL', [up], [{ ...up, checked: { health: 'up', reason: '', secondsToChange: 0 } }], []],
    ['a new POP', [], [up], []],
  ] as const)('%s', (_sentence, before, after, lines) => {
    const first = build([...before]).snapshot;
    const second = build([...after], first).snapshot;
    expect(describeChanges(first, second).map(({ message }) => message)).toEqual(lines);
  });
});
