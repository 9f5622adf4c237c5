// The plumbing script, without running it: order matters more than any single line.

import { describe, expect, it } from 'vitest';
import { planFor } from '../../src/deployment/up.ts';
import { plumbingScript } from '../../src/runtimes/netns/plumbing.ts';
import { nodeCommands } from '../../src/runtimes/node-commands.ts';

const { plan } = planFor({ topology: 'tiny' });

describe('plumbing script', () => {
  it('makes every namespace before any link', () => {
    const lines = plumbingScript(plan, 'direct').split('\n');
    const lastNamespace = lines.findLastIndex((line) => line.startsWith('netns add'));
    const firstLink = lines.findIndex((line) => line.includes('type veth'));
    expect(lastNamespace).toBeGreaterThan(0);
    expect(firstLink).toBeGreaterThan(lastNamespace);
  });

  it('starts one shell for links and one per node, never a process per command', () => {
    const script = plumbingScript(plan, 'direct');
    expect(script.match(/ip -batch -/g)?.length).toBe(1 + plan.nodes.length);
  });

  it('lets no interface make a link-local address of its own, which would be tentative for a second', () => {
    for (const node of plan.nodes) {
      const lines = nodeCommands(node);
      for (const port of node.interfaces) {
        const noAddress = lines.indexOf(`link set dev ${port.name} addrgenmode none`);
        expect(noAddress).toBeGreaterThanOrEqual(0);
        expect(lines.indexOf(`link set dev ${port.name} up`)).toBeGreaterThan(noAddress);
      }
    }
  });

  it('forwards on routers and not on clients', () => {
    const script = plumbingScript(plan, 'direct');
    const scriptOf = (node: string) =>
      script.split('nsenter').find((part) => part.includes(`netns/${node} `)) ?? '';
    expect(scriptOf('t1-fra')).toContain('ip_forward');
    expect(scriptOf('paris')).not.toContain('ip_forward');
  });
});
