// What the guards let through, decided by the programs themselves: a small interpreter of classic BPF (bpf(2); the
// opcodes that the guards use and no other) runs their bytecode over frames. That tc takes them: test/lab/docker-links.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkGuard, nodeGuard, relayGuard } from '../../../src/runtimes/docker/guard-commands.ts';

const RELAY = '10.213.0.2';
const NODE = '10.213.0.3';
const OTHER = '10.213.0.4';

describe('a guard', () => {
  it.each([
    ['of a node', nodeGuard('underlay', RELAY)],
    ['of the relay', relayGuard('underlay')],
    ['of a link', linkGuard('t1-fra')],
  ])('%s is a filter in each direction, after those of failures', (_whose, lines) => {
    expect(lines[0]).toMatch(/^qdisc replace dev \S+ clsact$/);
    expect(lines.slice(1).map((line) => line.replace(/"[^"]*"/, 'CODE'))).toEqual(
      ['ingress', 'egress'].map(
        (direction) =>
          `filter replace dev ${lines[0]?.split(' ')[3]} ${direction} protocol all pref 10 handle 1 bpf direct-action bytecode CODE`,
      ),
    );
  });

  it('never goes wrong, whatever the frame, however short', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        for (const guard of [nodeGuard('d', RELAY), relayGuard('d'), linkGuard('d')]) {
          for (const direction of ['ingress', 'egress'] as const) {
            expect(['passes', 'dropped']).toContain(verdict(guard, direction, Buffer.from(bytes)));
          }
        }
      }),
    );
  });
});

describe("a node's end of the underlay", () => {
  const guard = nodeGuard('underlay', RELAY);
  const out = (frame: Buffer) => verdict(guard, 'egress', frame);
  const into = (frame: Buffer) => verdict(guard, 'ingress', frame);

  it('lets VXLAN through, to the relay and from it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(65535), (payload, sourcePort) => {
        const ports = { sourcePort, destinationPort: 4789, payload };
        expect(out(udp({ from: NODE, to: RELAY, ...ports }))).toBe('passes');
        expect(into(udp({ from: RELAY, to: NODE, ...ports }))).toBe('passes');
      }),
    );
  });

  it('lets ARP through, by which the relay is found', () => {
    expect([out(ethernet(0x0806)), into(ethernet(0x0806))]).toEqual(['passes', 'passes']);
  });

  it.each([
    [
      'VXLAN past the relay',
      udp({ from: NODE, to: OTHER, destinationPort: 4789 }),
      udp({ from: OTHER, to: NODE, destinationPort: 4789 }),
    ],
    [
      'another port of the relay',
      udp({ from: NODE, to: RELAY, destinationPort: 53 }),
      udp({ from: RELAY, to: NODE, destinationPort: 53 }),
    ],
    ['TCP', ipv4(6, { from: NODE, to: RELAY }), ipv4(6, { from: RELAY, to: NODE })],
    ['ping', ipv4(1, { from: NODE, to: RELAY }), ipv4(1, { from: RELAY, to: NODE })],
    ['IPv6, link-local too', ethernet(0x86dd), ethernet(0x86dd)],
    ['a VLAN tag', ethernet(0x8100), ethernet(0x8100)],
  ])('drops %s', (_what, outgoing, incoming) => {
    expect([out(outgoing), into(incoming)]).toEqual(['dropped', 'dropped']);
  });

  it('drops whatever else there is', () => {
    const isVxlan = (frame: Buffer, address: number) =>
      frame.readUInt16BE(12) === 0x0800 &&
      frame[23] === 17 &&
      frame.readUInt32BE(address) === Buffer.from(RELAY.split('.').map(Number)).readUInt32BE() &&
      frame.readUInt16BE(36) === 4789;
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const arp = frame.readUInt16BE(12) === 0x0806;
        expect(out(frame)).toBe(arp || isVxlan(frame, 30) ? 'passes' : 'dropped');
        expect(into(frame)).toBe(arp || isVxlan(frame, 26) ? 'passes' : 'dropped');
      }),
    );
  });
});

describe("the relay's end", () => {
  const guard = relayGuard('underlay');

  it('takes VXLAN of any node and answers from its own port', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(65535), (node, port) => {
        const incoming = udp({ from: node, to: RELAY, sourcePort: port, destinationPort: 4789 });
        const outgoing = udp({ from: RELAY, to: node, sourcePort: 4789, destinationPort: port });
        expect(verdict(guard, 'ingress', incoming)).toBe('passes');
        expect(verdict(guard, 'egress', outgoing)).toBe('passes');
      }),
    );
  });

  it('speaks nothing else', () => {
    const query = udp({ from: RELAY, to: NODE, sourcePort: 40000, destinationPort: 53 });
    expect(verdict(guard, 'egress', query)).toBe('dropped');
    expect(verdict(guard, 'ingress', udp({ from: NODE, to: RELAY, destinationPort: 53 }))).toBe('dropped');
    expect(verdict(guard, 'ingress', ethernet(0x86dd))).toBe('dropped');
    expect(verdict(guard, 'egress', ethernet(0x0806))).toBe('passes');
  });
});

describe('an end of a link', () => {
  const guard = linkGuard('t1-fra');

  it("lets through what the lab's interfaces say to each other or to all", () => {
    fc.assert(
      fc.property(anyFrame, mac, mac, (rest, from, to) => {
        const frame = Buffer.concat([to, from, rest.subarray(12)]);
        const ofLab = (address: Buffer) => address.readUInt16BE() === 0x0200;
        const toAll = ((to[0] ?? 0) & 1) === 1;
        expect(verdict(guard, 'ingress', frame)).toBe(ofLab(from) ? 'passes' : 'dropped');
        expect(verdict(guard, 'egress', frame)).toBe(ofLab(to) || toAll ? 'passes' : 'dropped');
      }),
    );
  });
});

/** Long enough for every field a guard looks at; often nearly right. */
const anyFrame = fc
  .tuple(
    fc.uint8Array({ minLength: 60, maxLength: 60 }),
    fc.constantFrom(0x0800, 0x0806, 0x86dd, undefined),
    fc.constantFrom(17, 6, undefined),
    fc.constantFrom(RELAY, undefined),
    fc.constantFrom(RELAY, undefined),
    fc.constantFrom(4789, undefined),
  )
  .map(([bytes, type, protocol, source, destination, port]) => {
    const frame = Buffer.from(bytes);
    if (type !== undefined) frame.writeUInt16BE(type, 12);
    if (protocol !== undefined) frame[23] = protocol;
    if (source) frame.set(source.split('.').map(Number), 26);
    if (destination) frame.set(destination.split('.').map(Number), 30);
    if (port !== undefined) frame.writeUInt16BE(port, 36);
    return frame;
  });
const mac = fc
  .tuple(
    fc.constantFrom(0x0200, 0x0242, 0x3333, 0xffff, undefined),
    fc.uint8Array({ minLength: 6, maxLength: 6 }),
  )
  .map(([head, bytes]) => {
    const address = Buffer.from(bytes);
    if (head !== undefined) address.writeUInt16BE(head);
    return address;
  });

function ethernet(type: number, payload: Uint8Array = new Uint8Array(46)): Buffer {
  const header = Buffer.from('020000050001020000050002', 'hex');
  return Buffer.concat([header, Buffer.from([type >> 8, type & 0xff]), payload]);
}

/** RFC 791, without options. */
function ipv4(
  protocol: number,
  { from, to }: { from: string; to: string },
  payload = new Uint8Array(26),
): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header[9] = protocol;
  header.set(from.split('.').map(Number), 12);
  header.set(to.split('.').map(Number), 16);
  return ethernet(0x0800, Buffer.concat([header, payload]));
}

function udp(packet: {
  from: string;
  to: string;
  sourcePort?: number;
  destinationPort: number;
  payload?: Uint8Array;
}): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(packet.sourcePort ?? 50000, 0);
  header.writeUInt16BE(packet.destinationPort, 2);
  return ipv4(17, packet, Buffer.concat([header, packet.payload ?? new Uint8Array(18)]));
}

function verdict(lines: string[], direction: 'ingress' | 'egress', frame: Buffer): 'passes' | 'dropped' {
  const line = lines.find((each) => each.includes(` ${direction} `)) ?? '';
  const code = run(/bytecode "([^"]*)"/.exec(line)?.[1] ?? '', frame);
  if (code === 0) return 'passes';
  if (code === 2) return 'dropped';
  throw new Error(`no such verdict: ${code}`);
}

/** Checks what the kernel's verifier checks (bpf_check_classic) as it goes; a load beyond the frame ends with 0 in tc, which is TC_ACT_OK. */
function run(bytecode: string, frame: Buffer): number {
  const [count, ...lines] = bytecode.split(',');
  const program = lines.map((line) => line.split(' ').map(Number) as [number, number, number, number]);
  if (program.length !== Number(count)) throw new Error('it tells another length');
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const [opcode, yes, no, k] = program[at] ?? fail(`jumps out of the program, to ${at}`);
    if (![yes, no].every((jump) => Number.isInteger(jump) && jump >= 0 && jump < 256))
      fail('a jump backwards');
    const [bytes] = { 48: [1], 40: [2], 32: [4] }[opcode] ?? [];
    if (bytes) {
      if (k + bytes > frame.length) return 0;
      accumulator = frame.readUIntBE(k, bytes);
    } else if (opcode === 0x15) at += accumulator === k ? yes : no;
    else if (opcode === 0x45) at += (accumulator & k) !== 0 ? yes : no;
    else if (opcode === 0x06) return k;
    else fail(`opcode ${opcode}`);
  }
}

function fail(why: string): never {
  throw new Error(why);
}
