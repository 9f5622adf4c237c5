// Names that users type, checked against the lab: nodes, services (`pop-fra/edge`), links (`t1-fra--pop-fra`). A wrong one
// is wrong usage and is answered with the nearest right ones. Pure.

import { UserError } from '../base/errors.ts';
import { nearestNames } from '../base/suggest.ts';
import type { LabStatus, Target } from '../runtimes/runtime.ts';

type Named = Pick<LabStatus, 'nodes' | 'links'>;

export function checkNode(lab: Named, name: string): string {
  const names = lab.nodes.map((node) => node.name);
  if (names.includes(name)) return name;
  throw unknown('node', name, names, './lab status shows all nodes');
}

export function checkLink(lab: Named, name: string): string {
  const names = lab.links.map((link) => link.name);
  if (names.includes(name)) return name;
  const reversed = name.split('--').toReversed().join('--');
  if (names.includes(reversed)) return reversed;
  throw unknown('link', name, names, './lab status --links shows all links');
}

/** A node and, after a slash, one of its services. */
export function checkService(lab: Named, text: string): { node: string; service?: string } {
  const [nodeText = '', service] = text.split('/', 2);
  const node = checkNode(lab, nodeText);
  if (service === undefined) return { node };
  const services = servicesOf(lab, node);
  if (!services.includes(service)) {
    const all = services.map((each) => `${node}/${each}`);
    throw unknown('service', text, all, `./lab logs ${node} shows all services of ${node}`, all);
  }
  return { node, service };
}

/** A node, a service or a link. */
export function parseTarget(lab: Named, text: string): Target {
  if (text.includes('--')) return { kind: 'link', link: checkLink(lab, text) };
  if (text.includes('/')) {
    const { node, service = '' } = checkService(lab, text);
    return { kind: 'service', node, service };
  }
  const names = targetNames(lab);
  if (!lab.nodes.some((node) => node.name === text)) {
    throw unknown('target', text, names, 'a node, NODE/SERVICE or a link: ./lab status shows them');
  }
  return { kind: 'node', node: text };
}

/** Everything that `./lab fail` takes. */
export function targetNames(lab: Named): string[] {
  return [...lab.nodes.map((node) => node.name), ...serviceNames(lab), ...lab.links.map((link) => link.name)];
}

export function serviceNames(lab: Named): string[] {
  return lab.nodes.flatMap((node) => node.services.map((service) => `${node.name}/${service.name}`));
}

function servicesOf(lab: Named, name: string): string[] {
  return (lab.nodes.find((node) => node.name === name)?.services ?? []).map((service) => service.name);
}

function unknown(
  kind: string,
  name: string,
  names: string[],
  hint: string,
  instead: string[] = [],
): UserError {
  const near = nearestNames(name, names);
  const offered = near.length > 0 ? near : instead;
  return new UserError(
    {
      message: `there is no ${kind} "${name}" in this lab`,
      ...(offered.length > 0 ? { expected: offered.join(', ') } : {}),
      hint,
    },
    2,
  );
}
