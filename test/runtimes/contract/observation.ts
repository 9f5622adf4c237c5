// What a lab tells of itself over time: logs, events, statistics.

import { expect, it } from 'vitest';
import { until } from '../../lab/lab-runner.ts';
import { type ContractLab, eventsDuring } from './contract-lab.ts';

export function observationContract(contract: ContractLab): void {
  const logsOf = async (...args: Parameters<typeof contract.lab.logs>) => {
    const seen: { service: string; line: string }[] = [];
    for await (const each of contract.lab.logs(...args)) seen.push(each);
    return seen;
  };

  it('logs are those of every service of a node, or of one, or only the last lines', async () => {
    const all = await logsOf('pop-fra');
    expect([...new Set(all.map(({ service }) => service))].sort()).toEqual(['agent', 'bird', 'dns', 'edge']);
    const dns = await logsOf('pop-fra', 'dns');
    expect(dns.map(({ line }) => line).join('\n')).toContain('"service":"dns"');
    expect(new Set(dns.map(({ service }) => service))).toEqual(new Set(['dns']));
    expect(await logsOf('pop-fra', 'dns', { lines: 1 })).toHaveLength(1);
  });

  it('logs that are followed go on with what is written, until the signal', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      const options = { follow: true, lines: 0, signal: stop.signal };
      for await (const { line } of contract.lab.logs('pop-fra', 'agent', options)) seen.push(line);
    })();
    // A drained POP's agent says that it withdraws; again and again until somebody listens.
    const target = { kind: 'node', node: 'pop-fra' } as const;
    await contract.lab.fail(target, 'drain');
    await until('a line', () => seen.some((line) => line.includes('withdrawn')));
    await contract.lab.restore(target);
    stop.abort();
    await following;
    expect(seen.every((line) => line.startsWith('{'))).toBe(true);
    await contract.ready();
  });

  it('events are told from the start of the lab', async () => {
    const stop = new AbortController();
    const kinds: string[] = [];
    for await (const { at, kind, message } of contract.lab.events({ fromStart: true, signal: stop.signal })) {
      expect([Number.isNaN(Date.parse(at)), message.length > 0]).toEqual([false, true]);
      kinds.push(kind);
      if (kind === 'started') stop.abort();
    }
    expect(kinds).toEqual(expect.arrayContaining(['building', 'plumbed', 'started']));
  });

  it('events are told as they happen, and only those', async () => {
    const target = { kind: 'link', link: 'dublin--isp-dublin' } as const;
    const seen = await eventsDuring(
      contract.lab,
      async () => {
        await contract.lab.fail(target, 'silent');
        await contract.lab.restore(target);
      },
      ({ kind }) => kind === 'restored',
    );
    const own = seen.filter(({ kind }) => ['failed', 'restored', 'started'].includes(kind));
    expect(own.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['failed', target.link],
      ['restored', target.link],
    ]);
  });

  it('nobody who stops listening is told, or kept', async () => {
    for await (const _ of contract.lab.events({ signal: AbortSignal.abort() })) expect.unreachable();
    for await (const _ of contract.lab.events({ fromStart: true })) break;
  });

  it('statistics are of every service that runs', async () => {
    const stats = await contract.lab.stats();
    const names = stats.map(({ node, service }) => `${node}/${service}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, services } of (await contract.status()).nodes)
      for (const service of services) expect(names).toContain(`${name}/${service.name}`);
    for (const { cpuPercent, memoryBytes, service } of stats) {
      expect(cpuPercent, service).toBeGreaterThanOrEqual(0);
      expect(memoryBytes, service).toBeGreaterThan(100_000);
      expect(memoryBytes, service).toBeLessThan(1_000_000_000);
    }
  });

  it('are printed with their sum', () => {
    const { code, out } = contract.runner.lab('stats');
    expect(code).toBe(0);
    expect(out).toMatch(/^pop-fra +edge +\d+\.\d +\d+\.\d MiB$/m);
    expect(out).toMatch(/^total +\d+ services/m);
  });
}
