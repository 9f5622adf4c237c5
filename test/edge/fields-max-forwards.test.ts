import { describe, expect, it } from 'vitest';
import { fieldValue } from '../../src/edge/fields.ts';
import { afterForward } from '../../src/edge/fields-max-forwards.ts';

describe('afterForward', () => {
  it.each<[string, string, string]>([
    ['OPTIONS', '5', '4'],
    ['OPTIONS', '1', '0'],
    ['OPTIONS', '0', 'answer'],
    ['OPTIONS', 'x', 'x'],
    ['GET', '0', '0'],
  ])('%s with %s goes on with %s', (method, value, expected) => {
    const after = afterForward(method, ['Accept', '*', 'Max-Forwards', value]);
    expect(after === 'answer' ? after : fieldValue(after, 'max-forwards')).toBe(expected);
  });
});
