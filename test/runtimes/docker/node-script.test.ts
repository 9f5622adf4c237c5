// The start script of a node's own container: golden, a shell program, and found by address what Docker called ethN.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { nodeScripts, nodeSysctls } from '../../../src/runtimes/docker/node-script.ts';
import { FIXED, planOf } from './fixed-lab.ts';

const plan = planOf('tiny');
const scripts = {
  relay: nodeScripts(plan, 'relay', FIXED.addresses),
  off: nodeScripts(plan, 'off', FIXED.addresses),
  netem: nodeScripts(plan, 'netem', FIXED.addresses),
};

describe('the start script', () => {
  test.each([
    ['relay', 'pop-fra'],
    ['relay', 'paris'],
    ['relay', '_relay'],
    ['off', 'pop-fra'],
    ['netem', 'isp-paris'],
  ] as const)('with shaping %s of %s is as it was', async (shaping, node) => {
    await expect(scripts[shaping].get(node)).toMatchFileSnapshot(`golden/tiny-${shaping}.${node}.start.sh`);
  });

  it('is made for every node, and for the relay where there is one', () => {
    const nodes = plan.nodes.map(({ name }) => name).toSorted();
    expect([...scripts.relay.keys()].toSorted()).toEqual(['_relay', ...nodes].toSorted());
    expect([...scripts.off.keys()].toSorted()).toEqual(nodes);
  });

  it.each(['relay', 'off', 'netem'] as const)(
    'with shaping %s is a program to the shell, of every node',
    (shaping) => {
      for (const [node, text] of scripts[shaping]) {
        const { status, stderr } = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' });
        expect(`${node} ${status} ${stderr}`).toBe(`${node} 0 `);
      }
    },
  );

  it('never hides a failed command on the left of &&, which set -e passes over', () => {
    for (const each of Object.values(scripts)) {
      for (const text of each.values()) expect(text).not.toMatch(/^[^#]*&& /m);
    }
  });

  it('guards each interface before it comes up, and shapes with netem what the plan says', () => {
    for (const [node, text] of scripts.netem) {
      const links = plan.links.filter(({ a, b }) => a.node === node || b.node === node);
      for (const { a, b } of links) {
        const device = a.node === node ? a.interface : b.interface;
        const [guard, up, shaped] = [
          `filter replace dev ${device} egress`,
          `link set dev ${device} up`,
          `qdisc replace dev ${device} root netem`,
        ].map((line) => text.indexOf(line));
        expect(guard, `${node} ${device}`).toBeGreaterThan(0);
        expect(up).toBeGreaterThan(guard ?? 0);
        expect(shaped).toBeGreaterThan(0);
      }
    }
    for (const text of [...scripts.off.values(), ...scripts.relay.values()])
      expect(text).not.toContain('netem');
  });
});

describe('device_with', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'catchment-script-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** With an `ip` that answers `ip -o -4 address show to ADDRESS` as iproute2 6.1 does. */
  function find(answer: string, strict = 'device_with 10.213.0.7') {
    writeFileSync(join(folder, 'ip'), `#!/bin/sh\nprintf '%s' "${answer}"\n`);
    chmodSync(join(folder, 'ip'), 0o755);
    const text = scripts.relay.get('pop-fra') ?? '';
    const body = `set -eu\n${text.slice(text.indexOf('device_with() {'), text.indexOf('\n}\n') + 3)}${strict}\n`;
    const env = { PATH: `${folder}:${process.env['PATH']}` };
    return spawnSync('sh', ['-c', body], { env, encoding: 'utf8' });
  }

  it('is the interface with that address, its peer not named', () => {
    const line =
      '12: eth3    inet 10.213.0.7/20 brd 10.213.15.255 scope global eth3\\       valid_lft forever preferred_lft forever\n';
    expect(find(line).stdout).toBe('eth3\n');
    expect(find(line.replace('eth3 ', 'eth3@if13 ')).stdout).toBe('eth3\n');
  });

  it('ends the script with a sentence when there is none', () => {
    const { status, stdout, stderr } = find('', 'device=$(device_with 10.213.0.7)\necho went on');
    expect(status).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toContain('no interface has the address 10.213.0.7');
  });
});

it('switches IPv6 on in every node, and forwarding in routers only', () => {
  expect(nodeSysctls({ forwarding: true })['net.ipv6.conf.all.forwarding']).toBe('1');
  expect(nodeSysctls({ forwarding: false })['net.ipv4.ip_forward']).toBe('0');
  expect(nodeSysctls({ forwarding: false })['net.ipv6.conf.all.disable_ipv6']).toBe('0');
});
