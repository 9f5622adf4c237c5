import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/base/errors.ts';
import { parseDnsConfig } from '../../src/dns/config.ts';

const minimal = { listen: [{ address: '127.0.0.1', port: 5353 }], zones: ['x.zone'] };

async function messageOf(config: object | string): Promise<string> {
  try {
    await parseDnsConfig(typeof config === 'string' ? config : JSON.stringify(config), 'dns.json');
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'no error';
}

describe('config', () => {
  it('needs only addresses and zones', async () => {
    expect(await parseDnsConfig(JSON.stringify(minimal), 'dns.json')).toMatchObject({
      nsid: '',
      pops: [],
      health: { intervalSeconds: 1, timeoutSeconds: 1, rise: 2, fall: 3 },
    });
  });

  it('reports all mistakes of shape at once', async () => {
    const pops = [{ name: 'a', code: 'a', latitude: 91, longitude: 0, ipv4: '1.2.3' }];
    const message = await messageOf({
      listen: [{ address: 'localhost', port: 70000 }],
      zones: [],
      pops,
      typo: 1,
    });
    for (const path of [
      'listen[0].address',
      'listen[0].port',
      'zones',
      'pops[0].latitude',
      'pops[0].ipv4',
      'typo',
    ]) {
      expect(message).toContain(path);
    }
    expect(message.split('\n').every((line) => line.startsWith('dns.json: '))).toBe(true);
  });

  it('says which policies there are, and which was meant', async () => {
    const pops = [{ name: 'pop-fra', code: 'fra', latitude: 0, longitude: 0 }];
    const steering = [
      { name: 'a.test', policy: 'neerest' },
      { name: 'b.test', policy: 'pop:pop-frb' },
      { name: 'a.test.', policy: 'anycast' },
    ];
    const message = await messageOf({ ...minimal, pops, steering });
    expect(message).toContain('no policy neerest');
    expect(message).toContain('did you mean nearest?');
    expect(message).toContain('did you mean pop:pop-fra?');
    expect(message).toContain('a second rule for a.test.');
    expect(message).toContain('policy anycast needs an address');
  });

  it('says when it is not JSON', async () => {
    expect(await messageOf('{')).toMatch(/^dns\.json: not JSON/);
  });
});
