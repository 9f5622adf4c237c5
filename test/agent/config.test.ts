import { describe, expect, test } from 'vitest';
import { parseAgentConfig } from '../../src/agent/config.ts';
import { UserError } from '../../src/base/errors.ts';

const SMALLEST = {
  pop: 'fra',
  birdSocket: '/run/bird.ctl',
  listen: [{ address: '203.0.113.2', port: 8053 }],
  services: [
    { name: 'edge', check: { kind: 'http', url: 'http://192.0.2.1/healthz' }, protocols: ['anycast_http4'] },
  ],
};

describe('agent configuration', () => {
  test('defaults: rise 2, fall 3, four checks a second, RTTs once a minute', () => {
    const config = parseAgentConfig(JSON.stringify(SMALLEST), 'agent.json');
    expect(config).toMatchObject({
      health: { intervalMs: 250, timeoutMs: 1000, rise: 2, fall: 3 },
      rttIntervalSeconds: 60,
      targets: [],
    });
  });

  test('all errors at once, each with its place', () => {
    const broken = {
      ...SMALLEST,
      listen: [],
      health: { rise: 0 },
      targets: [{ prefix: 'x', address: 'nowhere' }],
      extra: 1,
    };
    let error: unknown;
    try {
      parseAgentConfig(JSON.stringify(broken), 'agent.json');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UserError);
    const paths = (error as UserError).problems.map((problem) => problem.path);
    expect(paths).toEqual(expect.arrayContaining(['listen', 'health.rise', 'targets.0.address', undefined]));
  });

  test('a protocol name that could carry another BIRD command is refused', () => {
    const service = { ...SMALLEST.services[0], protocols: ['anycast_http4\nconfigure'] };
    expect(() => parseAgentConfig(JSON.stringify({ ...SMALLEST, services: [service] }), 'x')).toThrow(
      'BIRD protocol',
    );
  });

  test('what is not JSON is said so', () => {
    expect(() => parseAgentConfig('{', 'agent.json')).toThrow('agent.json: not JSON');
  });
});
