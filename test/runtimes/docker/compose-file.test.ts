// The generated compose file: golden, readable, the same bytes for the same lab, and what both generations of Compose read.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { composeText, startOrder, startSequence } from '../../../src/runtimes/docker/compose-file.ts';
import { FOLDER_LABEL, LAB_LABEL, NODE_LABEL, SERVICE_LABEL } from '../../../src/runtimes/docker/labels.ts';
import { composeSpecification } from './compose-specification.ts';
import { FIXED, fixedComposeFile, planOf } from './fixed-lab.ts';

const SHAPINGS = ['relay', 'off', 'netem'] as const;
const plan = planOf('tiny');
const textOf = (shaping: (typeof SHAPINGS)[number], user?: string) =>
  composeText(fixedComposeFile(plan, shaping, user), 'tiny', 'tiny');

// biome-ignore lint/suspicious/noExplicitAny: as YAML has it; the schema has seen to its shape.
type Parsed = { services: Record<string, any>; networks: Record<string, any> };

describe.each(SHAPINGS)('the compose file of tiny with shaping %s', (shaping) => {
  const text = textOf(shaping);
  const parsed = parse(text, { version: '1.1' }) as Parsed;
  const ofNodes = Object.entries(parsed.services).filter(([, service]) => !service.profiles);
  const processes = ofNodes.filter(([name]) => name.includes('.'));
  const owners = ofNodes.filter(([name]) => !name.includes('.'));

  test.runIf(shaping !== 'netem')('is as it was', async () => {
    await expect(text).toMatchFileSnapshot(`golden/tiny-${shaping}.compose.yaml`);
  });

  it('is the same, byte for byte, for the same lab', () => {
    expect(composeText(fixedComposeFile(planOf('tiny'), shaping), 'tiny', 'tiny')).toBe(text);
  });

  it('holds words and shapes of the Compose Specification only', () => {
    expect(composeSpecification.safeParse(parsed).error).toBeUndefined();
  });

  it('means the same in YAML 1.1, which Compose 1.29 reads, and in YAML 1.2', () => {
    expect(parse(text, { version: '1.2' })).toEqual(parsed);
    expect(parsed.services['pop-fra.dns'].user).toBe('1000:50');
    expect(parsed.services['pop-fra'].restart).toBe('no');
  });

  it('has a service per node and per process, and names no other', () => {
    const planned = plan.nodes.flatMap(({ name, services }) => [
      name,
      ...services.map((service) => `${name}.${service.name}`),
    ]);
    const relay = shaping === 'relay' ? ['_relay', '_relay.relay'] : [];
    expect(ofNodes.map(([name]) => name).toSorted()).toEqual([...planned, ...relay].toSorted());
  });

  it.each(ofNodes)('bounds, labels and logs %s', (name, service) => {
    const [node, process] = name.split('.');
    expect(service.labels).toEqual({
      [LAB_LABEL]: 'tiny',
      [FOLDER_LABEL]: FIXED.lab.folder,
      [NODE_LABEL]: node,
      ...(process ? { [SERVICE_LABEL]: process } : {}),
    });
    expect(service.mem_limit).toMatch(/^\d+m$/);
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.logging.options['max-size']).toBeDefined();
    expect(service).not.toHaveProperty('ports');
    expect(service).not.toHaveProperty('privileged');
    expect(service.volumes.join('\n')).not.toContain('docker.sock');
  });

  it.each(processes)('restarts and checks %s, in the namespace of its node', (name, service) => {
    const [node] = name.split('.');
    expect(service).toMatchObject({
      network_mode: `service:${node}`,
      depends_on: [node],
      restart: 'unless-stopped',
      read_only: true,
    });
    expect(service).not.toHaveProperty('networks');
    if (name === '_relay.relay') expect(service.healthcheck).toEqual({ disable: true });
    else expect(service.healthcheck.test[0]).toBe('CMD');
    expect(service.command[0]).toBe('when-plumbed');
  });

  it.each(owners)('never restarts %s, which would lose the links', (_name, service) => {
    expect(service.restart).toBe('no');
    expect(Object.keys(service.networks).length).toBeGreaterThan(0);
  });

  it('keeps nodes off the network of the observability services, and these off the links', () => {
    for (const [name, service] of owners) {
      expect(Object.keys(service.networks), name).not.toContain('management');
    }
    const observers = Object.entries(parsed.services).filter(([, service]) => service.profiles);
    expect(observers.map(([name]) => name)).toEqual(['metrics', 'prometheus', 'grafana']);
    for (const [, service] of observers) expect(service.networks).toEqual(['management']);
    // To this machine only.
    expect(observers.flatMap(([, service]) => service.ports ?? [])).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:/),
      expect.stringMatching(/^127\.0\.0\.1:/),
    ]);
  });

  it('gives each end an address of its own in the subnet of its network', () => {
    const used = owners.flatMap(([, { networks }]) =>
      Object.entries(networks as Record<string, { ipv4_address: string }>).map(
        ([network, { ipv4_address }]) => `${network} ${ipv4_address}`,
      ),
    );
    expect(new Set(used).size).toBe(used.length);
    const ends = shaping === 'relay' ? plan.nodes.length + 1 : 2 * plan.links.length;
    expect(used).toHaveLength(ends);
  });

  it('is accepted by docker-compose, where there is one', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'catchment-compose-'));
    try {
      const file = join(folder, 'compose.yaml');
      writeFileSync(file, text);
      const order = join(folder, 'compose.order.yaml');
      const sequence = startSequence(fixedComposeFile(plan, shaping));
      writeFileSync(order, JSON.stringify({ services: startOrder(sequence, 4) }));
      execFileSync('docker-compose', ['-f', file, '-f', order, 'config', '-q'], { stdio: 'pipe' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      process.stderr.write('\nskipped: docker-compose config: it is not installed\n\n');
      context.skip('docker-compose is not installed');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('traps', () => {
  it.each(['1000:50', '0:0', '1:2', '501:20', '65534:65534'])('a user %s stays text', (user) => {
    const parsed = parse(textOf('relay', user), { version: '1.1' }) as Parsed;
    expect(parsed.services['pop-fra.dns'].user).toBe(user);
    expect(parsed.services['pop-fra.bird'].command.slice(-4)).toEqual([
      '-u',
      user.split(':')[0],
      '-g',
      user.split(':')[1],
    ]);
  });

  it('a dollar in a folder is no variable, and ports are', () => {
    const file = fixedComposeFile(plan, 'relay');
    const text = composeText(
      { services: { node: { image: 'i', volumes: [`/home/a$b/\${c}:/lab:ro`] } }, networks: {} },
      'tiny',
      'tiny',
    );
    expect(text).toContain(`/home/a$$b/$\${c}:/lab:ro`);
    expect(composeText(file, 'tiny', 'tiny')).toContain(`127.0.0.1:\${CATCHMENT_PROMETHEUS_PORT:-9090}:9090`);
  });
});

describe('the order of the start', () => {
  const sequence = startSequence(fixedComposeFile(plan, 'relay'));

  it("is the relay, nodes, BIRDs, the rest; and what a profile holds back isn't in it", () => {
    const kinds = sequence.map((name) =>
      name.startsWith('_relay')
        ? 'relay'
        : !name.includes('.')
          ? 'node'
          : name.endsWith('.bird')
            ? 'bird'
            : 'rest',
    );
    expect(kinds.filter((kind, at) => kind !== kinds[at - 1])).toEqual(['relay', 'node', 'bird', 'rest']);
    expect(sequence).not.toContain('grafana');
    expect(sequence.length).toBe(new Set(sequence).size);
  });

  it.each([1, 2, 4, 7])('never has more than %i at work, whatever takes how long', (atATime) => {
    const order = startOrder(sequence, atATime);
    const dependsOn = (name: string) => [
      ...(order[name]?.depends_on ?? []),
      // A process waits for its node, too.
      ...(name.includes('.') ? [name.split('.')[0] as string] : []),
    ];
    // A simulation: whoever may start does so at once, and the one to finish next is drawn.
    let random = 1;
    const draw = (bound: number) => {
      random = (random * 48271) % 2147483647;
      return random % bound;
    };
    const waiting = new Set(sequence);
    const working: string[] = [];
    const done = new Set<string>();
    while (done.size < sequence.length) {
      for (const name of waiting) {
        if (!dependsOn(name).every((other) => done.has(other))) continue;
        waiting.delete(name);
        working.push(name);
      }
      expect(working.length).toBeGreaterThan(0);
      expect(working.length).toBeLessThanOrEqual(atATime);
      done.add(working.splice(draw(working.length), 1)[0] as string);
    }
  });
});
