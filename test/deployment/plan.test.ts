// The plan of `tiny`, as golden files: what a change to zones, resolvers or services does shows in the diff.

import { describe, expect, it } from 'vitest';
import { reverseOwner } from '../../src/deployment/service-configs/zones.ts';
import { planFor } from '../../src/deployment/up.ts';

const { plan } = planFor({ topology: 'tiny' });

describe('the plan of tiny', () => {
  it.each([
    'cdn.test.zone',
    'root.hints',
    'root/root.zone',
    'root/test.zone',
    'root/in-addr.arpa.zone',
    'isp-paris/unbound.conf',
    'pop-fra/dns.json',
    'pop-fra/edge.json',
    'pop-fra/agent.json',
    'origin/origin.json',
  ])('renders %s as before', async (path) => {
    const file = plan.files.find((each) => each.path === path);
    await expect(file?.content).toMatchFileSnapshot(`golden/${path.replaceAll('/', '_')}`);
  });

  it('is the same, byte for byte, each time', () => {
    expect(planFor({ topology: 'tiny' }).plan).toEqual(plan);
  });

  it('holds no path of this machine', () => {
    const text = JSON.stringify({ ...plan, files: plan.files.map((file) => String(file.content)) });
    expect(text).not.toContain(import.meta.dirname.split('/').slice(0, 3).join('/'));
  });

  it('gives every node but clients a BIRD, and every POP its four services', () => {
    for (const node of plan.nodes) {
      const services = node.services.map((service) => service.name);
      if (node.kind === 'client') expect(services).toEqual([]);
      else expect(services).toContain('bird');
      if (node.kind === 'pop') expect(services).toEqual(['bird', 'dns', 'edge', 'agent']);
    }
  });

  it('gives both ends of a link different link-local addresses', () => {
    for (const link of plan.links) {
      const [a, b] = [link.a, link.b].map((end) =>
        plan.nodes
          .find((node) => node.name === end.node)
          ?.interfaces.find((port) => port.name === end.interface)
          ?.addresses.find((address) => address.startsWith('fe80:')),
      );
      expect(a).toBeDefined();
      expect(a).not.toBe(b);
    }
  });

  it('names a lab only by what can be a folder and a label', () => {
    expect(() => planFor({ topology: 'tiny', labName: '../evil' })).toThrow(/cannot name a lab/);
  });
});

describe('reverse owner names', () => {
  it.each([
    ['100.64.3.10', '10.3.64.100.in-addr.arpa.'],
    ['2001:db8::1', '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.'],
  ])('of %s is %s', (address, owner) => expect(reverseOwner(address)).toBe(owner));
});
