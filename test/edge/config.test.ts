import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/base/errors.ts';
import { parseEdgeConfig } from '../../src/edge/config.ts';

const valid = {
  listen: [{ address: '192.0.2.1', port: 80 }],
  pop: 'fra',
  origin: { host: 'origin.cdn.test', address: '198.19.240.2', port: 80 },
};

describe('parseEdgeConfig', () => {
  it('fills in what is left out', () => {
    const config = parseEdgeConfig(JSON.stringify(valid), 'edge.json');
    expect(config).toMatchObject({
      cacheBytes: 67_108_864,
      origin: { forwardHost: false, headersTimeoutMs: 10_000 },
    });
  });

  it('reports all mistakes at once, each with its path, and suggests the key that was meant', () => {
    const text = JSON.stringify({
      ...valid,
      listen: [],
      pop: 'Frankfurt!',
      cacheByte: 5,
      sourceAddress: 'here',
    });
    let error: unknown;
    try {
      parseEdgeConfig(text, 'edge.json');
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    for (const part of [
      'edge.json: listen',
      'pop: not a POP name',
      'sourceAddress: not an IP',
      'did you mean cacheBytes',
    ])
      expect(message).toContain(part);
  });

  it('says when the file is not JSON', () => {
    expect(() => parseEdgeConfig('{', 'edge.json')).toThrow(/edge.json: not JSON/);
  });
});
