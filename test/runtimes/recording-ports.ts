// A plan of two nodes and their links, and ports that write down what is done through them; one of them can be told to fail.

import type { FailurePorts } from '../../src/runtimes/failures.ts';
import type { LabPlan, PlannedLink, PlannedNode } from '../../src/runtimes/lab-plan.ts';
import type { LinkPorts } from '../../src/runtimes/link-table.ts';

const node = (name: string, kind: string, links: string[]): PlannedNode => ({
  name,
  kind,
  city: 'Paris',
  asn: 64496,
  loopbackAddresses: ['198.18.0.1/32'],
  interfaces: links.map((link) => ({
    name: link,
    link,
    addresses: ['2001:db8::1/64'],
    mac: '02:00:00:00:00:01',
  })),
  forwarding: true,
  hosts: '',
  resolvConf: '',
  services: [{ name: 'dns', argv: ['{node}'], health: { kind: 'running' } }],
});

const link = (name: string, a: string, b: string): PlannedLink => ({
  name,
  a: { node: a, interface: name },
  b: { node: b, interface: name },
  aToB: { delayMs: 5 },
  bToA: { delayMs: 5 },
});

/** pop - router - far, and a second link from the POP to the router. */
export const PLAN: LabPlan = {
  name: 'three',
  topology: 'three',
  seed: 1,
  nodes: [
    node('pop', 'pop', ['one', 'two']),
    node('router', 'router', ['one', 'two', 'far']),
    node('far', 'client', ['far']),
  ],
  links: [link('one', 'pop', 'router'), link('two', 'pop', 'router'), link('far', 'router', 'far')],
  files: [],
};

export function recordingPorts() {
  const done: string[] = [];
  /** What matches is refused. */
  const refuse: { what?: RegExp } = {};
  const act = async (what: string): Promise<void> => {
    if (refuse.what?.test(what)) throw new Error(`refused: ${what}`);
    done.push(what);
  };
  const onEvent = (kind: string, subject: string) => void done.push(`event ${kind} ${subject}`);
  const links: LinkPorts = {
    shaper: {
      working: true,
      shape: ({ name, aToB, bToA }) => act(`shape ${name} ${aToB.delayMs} ${bToA.delayMs}`),
      blackhole: ({ name }, on) => act(`blackhole ${name} ${on}`),
    },
    runCommands: async (commands) => {
      const states = commands.filter(({ argv }) => ['up', 'down'].includes(argv.at(-1) ?? ''));
      for (const each of states) await act(`${each.node}: ${each.argv.at(-2)} ${each.argv.at(-1)}`);
    },
    onEvent,
  };
  const failures: Omit<FailurePorts, 'links'> = {
    services: {
      hold: (name, service) => act(`hold ${name}/${service}`),
      pause: (name, service) => act(`pause ${name}/${service}`),
      release: (name, service) => act(`release ${name}/${service}`),
    },
    setDrained: (name, drained) => void done.push(`drained ${name} ${drained}`),
    onEvent,
  };
  return { links, failures, done, refuse };
}
