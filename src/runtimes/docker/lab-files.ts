// What a lab on Docker is made from, written into its folder: the plan's files with the containers' paths in them, each
// node's own start script, hosts and resolv.conf, and the compose file.

import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../base/project-folder.ts';
import { underlayLink } from '../../shaping/relay/protocol.ts';
import { labFolder } from '../lab-folder.ts';
import type { LabPlan, PlannedFile, Shaping } from '../lab-plan.ts';
import { NODE_FLAGS } from '../programs.ts';
import { RELAY_NODE } from '../runtime.ts';
import type { AddressPlan } from './address-plan.ts';
import {
  type ComposeFile,
  composeFile,
  composeText,
  RELAY_CONFIG_FILE,
  startOrder,
  startSequence,
} from './compose-file.ts';
import { NODE_PATH, programInImage } from './container-paths.ts';
import { AT_A_TIME } from './containers.ts';
import type { ImageRole } from './images/plan-images.ts';
import { labLabels } from './labels.ts';
import { nodeScripts } from './node-script.ts';
import {
  GATEWAY_CONFIG_FILE,
  gatewayConfig,
  MANAGEMENT_NETWORK,
  managementNetwork,
  observabilityServices,
} from './observability.ts';
import { projectName } from './project.ts';
import { runFolders, serviceUser } from './run-folders.ts';

/**
 * Docker's bridges take longer than a bare one: br_netfilter shows every frame to iptables and connection tracking.
 * Measured as what a crossing of an idle lab took more than its link's delay (docs/performance.md).
 */
const CROSSING_US = 50;

/** In the lab's folder. */
export const COMPOSE_FILE = 'compose.yaml';
export const ORDER_FILE = 'compose.order.yaml';

/** Files beside the plan's own; their paths are relative to `{lab}`. */
export function containerFiles(
  plan: LabPlan,
  shaping: Exclude<Shaping, 'auto'>,
  addresses: AddressPlan,
): PlannedFile[] {
  const scripts = nodeScripts(plan, shaping, addresses);
  const loopbackOnly = {
    hosts: '127.0.0.1 localhost\n::1 localhost\n',
    resolvConf: '# nothing is asked here\n',
  };
  const nodes = [...plan.nodes, ...(shaping === 'relay' ? [{ name: RELAY_NODE, ...loopbackOnly }] : [])];
  return [
    ...nodes.flatMap(({ name, hosts, resolvConf }) => [
      { path: `${name}/hosts`, content: hosts },
      { path: `${name}/resolv.conf`, content: resolvConf },
      { path: `${name}/start.sh`, content: scripts.get(name) ?? '' },
    ]),
    ...(shaping === 'relay' ? [{ path: RELAY_CONFIG_FILE, content: relayConfig(plan, addresses) }] : []),
    { path: GATEWAY_CONFIG_FILE, content: gatewayConfig(plan.name, plan.nodes) },
  ];
}

/** The whole compose file of a lab, the profile for observability included. */
export function labComposeFile(
  plan: LabPlan,
  options: { shaping: Exclude<Shaping, 'auto'>; addresses: AddressPlan; images: Record<ImageRole, string> },
): ComposeFile {
  const folder = labFolder(plan.name);
  const lab = { name: plan.name, folder: folder.root };
  const paths = { files: folder.files, run: runFolders(plan.name) };
  const file = composeFile(plan, { ...options, ...paths, lab, user: serviceUser() });
  const labels = labLabels(lab);
  const observability = observabilityServices({
    images: options.images,
    user: serviceUser(),
    paths: { ...paths, compose: join(PROJECT_FOLDER, 'compose') },
    labels,
  });
  return {
    services: { ...file.services, ...observability },
    networks: { ...file.networks, [MANAGEMENT_NETWORK]: managementNetwork(labels) },
  };
}

/** `docker compose` finds compose.yaml and .env by itself in the lab's folder. */
export function writeComposeFiles(plan: LabPlan, file: ComposeFile): void {
  const { root } = labFolder(plan.name);
  writeFileSync(join(root, COMPOSE_FILE), composeText(file, plan.name, plan.topology));
  const order = { services: startOrder(startSequence(file), AT_A_TIME) };
  writeFileSync(
    join(root, ORDER_FILE),
    `# Keeps Compose to ${AT_A_TIME} containers at a time.\n${JSON.stringify(order, null, 1)}\n`,
  );
  writeFileSync(join(root, '.env'), `COMPOSE_PROJECT_NAME=${projectName(plan.name)}\n`);
}

/** Whatever the umask: the services are other users. */
export function makeReadable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeReadable(path);
    else chmodSync(path, 0o644);
  }
}

/** For shaping/relay/host-main.ts. */
function relayConfig(plan: LabPlan, addresses: AddressPlan): string {
  const place = new Map(plan.nodes.map((node, index) => [node.name, index]));
  const addressOf = (node: string) => addresses.nodeAddress(place.get(node) ?? Number.NaN);
  const config = {
    seed: plan.seed,
    underlay: { address: addresses.relay, crossingUs: CROSSING_US },
    relayCommand: [NODE_PATH, ...NODE_FLAGS, programInImage('relay')],
    links: plan.links.map((link, index) => underlayLink(index, link, addressOf)),
  };
  return `${JSON.stringify(config)}\n`;
}
