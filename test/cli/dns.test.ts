import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../src/base/errors.ts';
import { runCheck } from '../../src/cli/dns/check.ts';
import { runCtl } from '../../src/cli/dns/ctl.ts';
import { adminEndpoint, type EndpointOptions } from '../../src/cli/dns/endpoint.ts';
import { type ExplainOptions, runExplain } from '../../src/cli/dns/explain.ts';
import { runDs, runKeygen } from '../../src/cli/dns/keys.ts';
import { capturedCli } from './captured-output.ts';
import { CONFIG, dnsFolder, type Folder, ZONE } from './dns-folder.ts';

let folder: Folder;
beforeEach(() => {
  folder = dnsFolder();
});
afterEach(() => folder.remove());

/** The error's text and exit code, as the command line would end. */
async function failure(task: Promise<unknown>): Promise<{ code: number; err: string }> {
  const error = await task.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw error ?? new Error('it did not fail');
  return { code: error.exitCode, err: error.message };
}

describe('./lab dns check', () => {
  async function check(file: string, strict = false) {
    const cli = capturedCli();
    const ok = await runCheck(cli, file, { proof: true, strict });
    return { ok, out: cli.out() };
  }

  test('says what is in order, and warns of what is likely not meant', async () => {
    const { ok, out } = await check(folder.write('dns.json', CONFIG));
    expect(out).toContain('ok: 1 zone with 4 names, 1 of them steered');
    expect(out).toMatch(/ok: ECS scopes cannot poison caches: proved for 1 policy, \d+ prefixes/);
    expect(out).toMatch(/warning: .*dns.json: pops: nothing checks pop-fra, pop-sin/);
    expect(out).toMatch(/warning: .*geoip.mmdb: the GeoIP database is \d+ days old/);
    expect(out).toMatch(/dns.json: 0 errors, 2 warnings$/);
    expect(ok).toBe(true);
  });

  test('with --strict takes warnings for errors; as JSON it is one object', async () => {
    const cli = capturedCli({ json: true });
    expect(await runCheck(cli, folder.write('dns.json', CONFIG), { proof: false, strict: true })).toBe(false);
    expect(cli.json()).toMatchObject({ ok: false, errors: [], warnings: [{ path: 'pops' }, {}] });
  });

  test('tells everything that is wrong at once, files with their lines', async () => {
    folder.write('cdn.zone', `${ZONE}broken A 1.2.3\nmore NOSUCH x\n`);
    folder.write('token', 'a-token-of-sufficient-length', 0o644);
    folder.write('secret', '00112233445566778899aabbccddeeff', 0o644);
    folder.write('overrides.txt', 'pop-fra => sideways\n');
    folder.write('geoip.mmdb', 'not a database');
    const file = folder.write('dns.json', {
      ...CONFIG,
      admin: { address: '0.0.0.0', port: 0, tokenFile: 'token' },
      cookies: { secretFile: 'secret' },
      queryLog: { file: 'no/such/folder/queries' },
      https: { listen: [{ address: '127.0.0.1', port: 0 }], certificate: 'c.pem', key: 'k.pem' },
    });
    const { ok, out } = await check(file);
    for (const message of [
      /cdn.zone:7: /,
      /cdn.zone:8: /,
      /geoip.mmdb: cannot read the GeoIP database/,
      /token: others can read the admin token/,
      /secret: others can read this secret/,
      /overrides.txt:1: no state "sideways"/,
      /queryLog.file: cannot write into/,
      /c.pem: cannot read the certificate/,
      /8 errors/,
    ]) {
      expect(out).toMatch(message);
    }
    expect(ok).toBe(false);
  });

  test('of what is no configuration names path and line', async () => {
    const yaml = folder.write('dns.yaml', 'listen: []\nzones: [cdn.zone]\n');
    const { ok, out } = await check(yaml);
    expect(out).toMatch(/dns.yaml:1: listen: /);
    expect(ok).toBe(false);
    expect(await failure(check(join(folder.path, 'none')))).toMatchObject({ code: 1 });
  });

  test('of a signed zone wants a key, and is content with one', async () => {
    const zones = [{ file: 'cdn.zone', dnssec: true }];
    const unsigned = await check(folder.write('dns.json', { ...CONFIG, zones }));
    expect(unsigned.out).toMatch(/dnssec: zones are to be signed.*\n.*lab dns keygen/);
    const file = folder.write('dns.json', { ...CONFIG, zones, dnssec: { keys: 'keys' } });
    expect(await check(file)).toMatchObject({ ok: false });
    await runKeygen(capturedCli().output, 'cdn.test', join(folder.path, 'keys'));
    expect(await check(file)).toMatchObject({
      ok: true,
      out: expect.stringContaining('ok: 1 signed zone, 1 key'),
    });
  });
});

describe('./lab dns explain', () => {
  async function explain(options: Partial<ExplainOptions>, json = false) {
    const cli = capturedCli({ json });
    const config = folder.write('dns.json', CONFIG);
    await runExplain(cli, 'www.cdn.test', { client: '100.64.2.9', type: 'A', config, ...options });
    return cli;
  }

  test('says what a client is answered and why, without a server', async () => {
    const out = (await explain({})).out();
    expect(out).toContain('answer:   www.cdn.test. 20 IN A 203.0.113.3');
    expect(out).toContain('GeoIP says Tokyo, JP, AS of 100.64.2.0/24');
    expect(out).toMatch(/pop-fra .*ranked after pop-sin/);
  });

  test('takes POPs for down, and tells all as JSON', async () => {
    const cli = await explain({ client: '100.64.2.0/24', type: 'AAAA', down: 'pop-sin' }, true);
    expect(cli.json()).toMatchObject({
      rcode: 'NOERROR',
      answer: ['www.cdn.test. 20 IN AAAA 2001:db8::2'],
      decision: { policy: 'nearest', pops: ['pop-fra'], reason: 'nearest-healthy' },
    });
  });

  test('takes the client for a resolver when told so: no scope', async () => {
    const cli = await explain({ resolver: true }, true);
    expect(cli.json()).toMatchObject({ client: { network: '100.64.2.9/32', from: 'source' } });
    expect(cli.json()).not.toHaveProperty('scopePrefixLength');
  });

  const wrong: [string, Partial<ExplainOptions>, RegExp][] = [
    ['a POP that there is not', { down: 'pop-fro' }, /no POP "pop-fro"\n.*pop-fra/],
    ['a client that is no address', { client: 'london' }, /`london` is not an address/],
    ['an unknown type', { type: 'AAAAA' }, /`AAAAA` is not a record type/],
  ];
  for (const [what, options, message] of wrong) {
    test(`is wrong usage with ${what}`, async () => {
      const { code, err } = await failure(explain(options));
      expect(err).toMatch(message);
      expect(code).toBe(2);
    });
  }
});

describe('./lab dns keygen and ds', () => {
  test('make a key that only its owner can read, and agree on what the parent must know', async () => {
    const keys = join(folder.path, 'keys');
    const cli = capturedCli({ json: true });
    await runKeygen(cli.output, 'cdn.test', keys);
    const made = cli.json() as { ds: string; keyTag: number };
    const [publicFile = '', privateFile = ''] = readdirSync(keys).sort();
    expect(publicFile).toMatch(/^Kcdn\.test\.\+013\+\d{5}\.key$/);
    expect(statSync(join(keys, privateFile)).mode & 0o777).toBe(0o600);
    expect(made.ds).toMatch(new RegExp(`^cdn\\.test\\. IN DS ${made.keyTag} 13 2 [0-9A-Fa-f]{64}$`));
    const told = capturedCli();
    await runDs(told.output, 'cdn.test', keys);
    expect(told.out()).toBe(made.ds);
  });

  test('refuse a key that others can read, and a zone that is none', async () => {
    const { output } = capturedCli();
    await runKeygen(output, 'cdn.test', folder.path);
    const file = readdirSync(folder.path).find((name) => name.endsWith('.private')) ?? '';
    chmodSync(join(folder.path, file), 0o644);
    const { code, err } = await failure(runDs(output, 'cdn.test', folder.path));
    expect(err).toMatch(/others can read.*\n.*chmod 600/);
    expect(code).toBe(1);
    expect(await failure(runKeygen(output, 'a..b', folder.path))).toMatchObject({ code: 2 });
  });
});

describe('./lab dns ctl', () => {
  const ctl = (words: string[], options: EndpointOptions = {}) => {
    const cli = capturedCli();
    return runCtl(() => adminEndpoint(cli, options), words, {}, cli.output);
  };

  const wrong: [string[], EndpointOptions, RegExp][] = [
    [['frob'], {}, /no action "frob"\n.*status, health/],
    [['drian', 'pop-fra'], {}, /expected: drain/],
    [['status'], {}, /which server\?/],
    [['force', 'pop-fra'], {}, /force takes POP up\|down\|drain\|auto\n.*\.\/lab dns ctl force POP/],
    [['force', 'pop-fra', 'off'], {}, /off is not a state/],
    [['explain', 'a'], {}, /--client/],
    [['status'], { admin: 'ftp://x' }, /not where an admin server can be/],
  ];
  for (const [words, options, message] of wrong) {
    test(`${words.join(' ')} ${JSON.stringify(options)} is wrong usage`, async () => {
      const { code, err } = await failure(ctl(words, options));
      expect(err).toMatch(message);
      expect(code).toBe(2);
    });
  }

  test('finds the server by its configuration, or says what that lacks', async () => {
    const config = folder.write('dns.json', { ...CONFIG, admin: { path: 'dns.sock' } });
    const unix = await failure(ctl(['status'], { config }));
    expect(unix.err).toContain(`no DNS server answers at ${folder.path}/dns.sock`);
    const none = await failure(ctl(['status'], { config: folder.write('dns.json', CONFIG) }));
    expect(none.err).toMatch(/has no admin server/);
    const admin = { address: '::1', port: 0, tokenFile: 'token' };
    const any = await failure(ctl(['status'], { config: folder.write('dns.json', { ...CONFIG, admin }) }));
    expect(any.err).toMatch(/use --admin/);
  });
});
