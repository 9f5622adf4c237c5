import { describe, expect, it } from 'vitest';
import type { PlannedLink } from '../../src/runtimes/lab-plan.ts';
import { blackholeCommands } from '../../src/shaping/blackhole-commands.ts';
import { batchText, type NamespacedCommand } from '../../src/shaping/commands.ts';
import {
  frameSizeCommands,
  initialFrameSizeCommands,
  linkStateCommands,
  relayLinkCommands,
  underlayVni,
  vethCommands,
  vxlanEndCommands,
} from '../../src/shaping/link-commands.ts';
import { netemArguments, netemChangeCommands, netemCommands } from '../../src/shaping/netem-commands.ts';

const link: PlannedLink = {
  name: 'london--isp-london',
  a: { node: 'london', interface: 'isp-london' },
  b: { node: 'isp-london', interface: 'london' },
  aToB: { delayMs: 2, jitterMs: 0.25, lossPercent: 0.1 },
  bToA: { delayMs: 2.0005 },
};
const lab = (node: string) => `lab-${node}`;

describe('commands for links', () => {
  it.each<[string, NamespacedCommand[], string[]]>([
    [
      'a veth pair goes straight into both nodes',
      vethCommands(link, lab),
      ['ip link add name isp-london netns lab-london type veth peer name london netns lab-isp-london'],
    ],
    [
      'the relay gets a pair for each end',
      relayLinkCommands(12, link, lab, '_relay'),
      [
        'ip link add name 12a netns _relay type veth peer name isp-london netns lab-london',
        'ip link add name 12b netns _relay type veth peer name london netns lab-isp-london',
      ],
    ],
    [
      'on an underlay each end is a VXLAN device towards the relay',
      vxlanEndCommands(
        { ...link.b, vni: underlayVni(12, 'b') },
        { local: '10.0.0.3', remote: '10.0.0.2', port: 4789 },
      ),
      [
        'isp-london: ip link add name london mtu 1500 gso_max_segs 1 type vxlan id 26 local 10.0.0.3 remote 10.0.0.2 dstport 4789 nolearning ttl 1 noudpcsum remcsumtx remcsumrx',
      ],
    ],
    [
      'a new link sends single frames only where frames can be lost',
      initialFrameSizeCommands(link),
      ['london: ip link set dev isp-london gso_max_segs 1'],
    ],
    [
      'a changed link is told about both directions',
      frameSizeCommands(link),
      [
        'london: ip link set dev isp-london gso_max_segs 1',
        'isp-london: ip link set dev london gso_max_segs 65535',
      ],
    ],
    [
      'a link is cut at both ends',
      linkStateCommands(link, 'down'),
      ['london: ip link set dev isp-london down', 'isp-london: ip link set dev london down'],
    ],
    [
      'netem shapes each direction at its sender',
      netemCommands(link),
      [
        'london: tc qdisc replace dev isp-london root netem limit 10000 delay 2000us 250us distribution normal loss 0.1% rate 100000000kbit',
        'isp-london: tc qdisc replace dev london root netem limit 10000 delay 2000.5us rate 100000000kbit',
      ],
    ],
    [
      'a blackhole drops at both receivers',
      blackholeCommands(link, 'blackhole').slice(0, 2),
      [
        'london: tc qdisc replace dev isp-london clsact',
        'london: tc filter replace dev isp-london ingress protocol all pref 1 handle 1 bpf direct-action bytecode "1,6 0 0 2"',
      ],
    ],
    [
      'a blackhole ends without anything dropped, and leaves the filters of others',
      blackholeCommands(link, 'restored').slice(0, 3),
      [
        'london: tc qdisc replace dev isp-london clsact',
        'london: tc filter replace dev isp-london ingress protocol all pref 1 handle 1 bpf direct-action bytecode "1,6 0 0 4294967295"',
        'london: tc filter delete dev isp-london ingress protocol all pref 1',
      ],
    ],
  ])('%s', (_sentence, commands, lines) => {
    expect(commands.map(show)).toEqual(lines);
  });

  it('changes netem in place, so that held frames stay held', () => {
    expect(netemChangeCommands(link).every(({ argv }) => argv[1] === 'change')).toBe(true);
  });

  it('says a rate even where there is none, since netem keeps the earlier one', () => {
    expect(netemArguments({ delayMs: 1 })).toContain('rate');
    expect(netemArguments({ delayMs: 1, rateMbit: 10 }).at(-1)).toBe('10000kbit');
  });

  it('gives every end of every link a VNI of its own, from 1', () => {
    const vnis = [0, 1, 2].flatMap((index) => [underlayVni(index, 'a'), underlayVni(index, 'b')]);
    expect(vnis).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('refuses words that would break a batch', () => {
    expect(() => batchText([['link', 'a\nb']])).toThrow('cannot stand in a batch');
  });
});

function show({ node, program, argv }: NamespacedCommand): string {
  return `${node ? `${node}: ` : ''}${program} ${batchText([argv]).trimEnd()}`;
}
