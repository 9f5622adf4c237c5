// `./lab capture NODE [LINK]`: tcpdump in a node, on all its interfaces or on the one of a link.

import { createWriteStream } from 'node:fs';
import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import { VXLAN_PORT } from '../../shaping/relay/vxlan-header.ts';
import type { ResolvedTopology } from '../../topology/resolved.ts';
import { cliOf, openLab } from '../context.ts';
import { parseInteger } from '../option-values.ts';
import { checkLink, checkNode } from '../targets.ts';

/** Debian's tcpdump changes its groups even when it stays root, which a user namespace does not allow. */
const AS_ROOT =
  'hint: tcpdump may not run in the lab of an ordinary user; root may look into it: sudo ./lab capture ...';

interface CaptureOptions {
  write?: string;
  count?: number;
  filter?: string;
}

export function define(command: Command): void {
  command
    .argument('<node>', 'where')
    .argument('[link]', 'on one link only')
    .option('-w, --write <file>', 'write packets to a pcap file instead of text')
    .option('-c, --count <packets>', 'stop after so many', parseInteger)
    .option('--filter <expression>', "tcpdump's filter")
    .addHelpText(
      'after',
      "\nExamples:\n  ./lab capture pop-fra --filter 'udp port 53'\n  ./lab capture isp-london london--isp-london -w london.pcap",
    )
    .action(
      async (nodeText: string, linkText: string | undefined, options: CaptureOptions, self: Command) => {
        const cli = cliOf(self);
        const { lab, status, topology } = await openLab(cli);
        const node = checkNode(status, nodeText);
        const port =
          linkText === undefined ? 'any' : interfaceOf(topology, node, checkLink(status, linkText));
        // On Docker's underlay every frame is seen once more, inside a datagram.
        const ownFrames =
          lab.runtime === 'docker' && port === 'any' ? `not udp port ${VXLAN_PORT}` : undefined;
        const filter = [options.filter && `(${options.filter})`, ownFrames].filter(Boolean).join(' and ');
        const result = await lab.exec(node, tcpdumpCommand(port, { ...options, filter }), {
          stdio: 'inherit',
          signal: cli.signal,
          // Written here: a node may have files of its own.
          ...(options.write && { output: createWriteStream(options.write) }),
        });
        // Ctrl-C is how a capture ends.
        process.exitCode = cli.signal.aborted ? 0 : result.exitCode;
        if (process.exitCode !== 0) {
          if (process.getuid?.() !== 0) cli.output.note(AS_ROOT);
        } else if (options.write) cli.output.note(`written: ${options.write}`);
      },
    );
}

/** -Z root: inside a user namespace there is no tcpdump user to change to. */
export function tcpdumpCommand(port: string, options: CaptureOptions): string[] {
  return [
    'tcpdump',
    '-n',
    '-i',
    port,
    '-Z',
    'root',
    ...(options.write ? ['-U', '-w', '-'] : ['-l']),
    ...(options.count === undefined ? [] : ['-c', String(options.count)]),
    ...(options.filter ? [options.filter] : []),
  ];
}

function interfaceOf(topology: ResolvedTopology, node: string, name: string): string {
  const link = topology.links.find((each) => each.name === name);
  const end = [link?.a, link?.b].find((each) => each?.node === node);
  if (!end) {
    const own = topology.links
      .filter((each) => each.a.node === node || each.b.node === node)
      .map((each) => each.name);
    throw new UserError({ message: `${name} is no link of ${node}`, expected: own.join(', ') }, 2);
  }
  return end.interface;
}
