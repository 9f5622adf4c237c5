// What may pass an interface that Docker made. A Docker network is a bridge of the host, so a container could talk to the
// host over it, by IPv6 link-local or by whatever address it learns; and on an underlay, node to node past all links.
// Filters at both directions of the node's end leave only what the lab means to send (tc-bpf(8), classic BPF as in bpf(2),
// no module beyond cls_bpf). Nothing on the host has to be changed for it.

import { parseAddress } from '../../net/ip-address.ts';
import { VXLAN_PORT } from '../../shaping/relay/vxlan-header.ts';

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_ARP = 0x0806;
const PROTOCOL_UDP = 17;

/** Offsets from the start of the Ethernet header, for an IPv4 header without options (the kernel's VXLAN sends none). */
const AT = {
  etherDestination: 0,
  etherSource: 6,
  etherType: 12,
  protocol: 23,
  source: 26,
  destination: 30,
  sourcePort: 34,
  destinationPort: 36,
};

/** Opcodes of classic BPF, and what tc makes of a return value. */
const LOAD = { 1: 0x30, 2: 0x28, 4: 0x20 };
const JUMP_EQUAL = 0x15;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;
const TC_ACT_OK = 0;
const TC_ACT_SHOT = 2;

/** Other filters on these devices (blackholes) come first. */
const PREFERENCE = '10';

interface Test {
  bytes: 1 | 2 | 4;
  at: number;
  is: number;
}

/** A node's end of the underlay: VXLAN to and from the relay, and ARP to find it. */
export function nodeGuard(device: string, relay: string): string[] {
  const address = Buffer.from(parseAddress(relay) ?? []).readUInt32BE();
  const vxlan = { bytes: 2, at: AT.destinationPort, is: VXLAN_PORT } as const;
  return guard(device, {
    ingress: arpOr([...udp, { bytes: 4, at: AT.source, is: address }, vxlan]),
    egress: arpOr([...udp, { bytes: 4, at: AT.destination, is: address }, vxlan]),
  });
}

/** The relay's end: it answers whoever sends VXLAN, from the port it listens on. */
export function relayGuard(device: string): string[] {
  return guard(device, {
    ingress: arpOr([...udp, { bytes: 2, at: AT.destinationPort, is: VXLAN_PORT }]),
    egress: arpOr([...udp, { bytes: 2, at: AT.sourcePort, is: VXLAN_PORT }]),
  });
}

/**
 * An end of a link network: frames between the lab's own interfaces, whose MACs begin with 02:00 (topology/addressing).
 * Docker's bridges have others, so nobody reaches the host; what is sent to all still reaches its bridge, whose answer does not come in.
 */
export function linkGuard(device: string): string[] {
  const lab = (at: number): Test => ({ bytes: 2, at, is: 0x0200 });
  return guard(device, {
    ingress: program(equal(lab(AT.etherSource))),
    egress: program([
      [LOAD[1], 0, 0, AT.etherDestination],
      [JUMP_ANY_BIT, 'accept', 0, 1], // the group bit: multicast and broadcast
      ...equal(lab(AT.etherDestination)),
    ]),
  });
}

const udp: readonly Test[] = [
  { bytes: 2, at: AT.etherType, is: ETHERTYPE_IPV4 },
  { bytes: 1, at: AT.protocol, is: PROTOCOL_UDP },
];

/** Lines for `tc -batch`. */
function guard(device: string, { ingress, egress }: { ingress: string; egress: string }): string[] {
  const filter = (direction: string, bytecode: string) =>
    `filter replace dev ${device} ${direction} protocol all pref ${PREFERENCE} handle 1 bpf direct-action bytecode "${bytecode}"`;
  return [`qdisc replace dev ${device} clsact`, filter('ingress', ingress), filter('egress', egress)];
}

type Jump = number | 'accept' | 'drop';
type Instruction = [opcode: number, ifTrue: Jump, ifFalse: Jump, operand: number];

function arpOr(tests: Test[]): string {
  return program([
    [LOAD[2], 0, 0, AT.etherType],
    [JUMP_EQUAL, 'accept', 0, ETHERTYPE_ARP],
    ...tests.flatMap(equal),
  ]);
}

/** Goes on when equal, drops when not. */
function equal({ bytes, at, is }: Test): Instruction[] {
  return [
    [LOAD[bytes], 0, 0, at],
    [JUMP_EQUAL, 0, 'drop', is],
  ];
}

/** Accepts what comes to the end of it. */
function program(code: Instruction[]): string {
  const accept = code.length;
  const distance = (from: number, to: Jump) =>
    typeof to === 'number' ? to : accept + (to === 'drop' ? 1 : 0) - from - 1;
  const lines = [
    ...code.map(([opcode, yes, no, k], at) => [opcode, distance(at, yes), distance(at, no), k]),
    [RETURN, 0, 0, TC_ACT_OK],
    [RETURN, 0, 0, TC_ACT_SHOT],
  ];
  return `${lines.length},${lines.map((line) => line.join(' ')).join(',')}`;
}
