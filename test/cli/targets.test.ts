import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/base/errors.ts';
import { checkLink, checkService, parseTarget } from '../../src/cli/targets.ts';
import type { LinkStatus, NodeStatus } from '../../src/runtimes/runtime.ts';

const node = (name: string, ...services: string[]): NodeStatus => ({
  name,
  kind: 'pop',
  city: 'Frankfurt',
  asn: 64_500,
  addresses: [],
  services: services.map((each) => ({ name: each, state: 'running', healthy: true, restarts: 0 })),
});
const link = (name: string): LinkStatus => ({
  name,
  a: '',
  b: '',
  state: 'up',
  aToB: { delayMs: 0 },
  bToA: { delayMs: 0 },
});
const lab = {
  nodes: [node('pop-fra', 'bird', 'edge'), node('pop-lon', 'bird'), node('london')],
  links: [link('t1-fra--pop-fra'), link('london--isp-london'), link('t1-fra--t1-lon--2')],
};

describe('targets', () => {
  test('are nodes, services and links, links by either end first', () => {
    expect(parseTarget(lab, 'pop-fra')).toEqual({ kind: 'node', node: 'pop-fra' });
    expect(parseTarget(lab, 'pop-fra/edge')).toEqual({ kind: 'service', node: 'pop-fra', service: 'edge' });
    expect(parseTarget(lab, 't1-fra--pop-fra')).toEqual({ kind: 'link', link: 't1-fra--pop-fra' });
    expect(checkLink(lab, 'isp-london--london')).toBe('london--isp-london');
    expect(checkLink(lab, 't1-fra--t1-lon--2')).toBe('t1-fra--t1-lon--2');
    expect(checkService(lab, 'pop-lon')).toEqual({ node: 'pop-lon' });
  });

  const wrong: [string, string][] = [
    ['pop-fr', 'pop-fra'],
    ['pop-fra/egde', 'pop-fra/edge'],
    ['pop-lon/nothing', 'pop-lon/bird'],
    ['t1-fra--pop-far', 't1-fra--pop-fra'],
    ['lodnon', 'london'],
  ];
  for (const [typed, expected] of wrong) {
    test(`${typed} is wrong usage, ${expected} is offered`, () => {
      const error = catchError(() => parseTarget(lab, typed));
      expect(error.exitCode).toBe(2);
      expect(error.message).toContain(expected);
    });
  }
});

function catchError(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('no error');
}
