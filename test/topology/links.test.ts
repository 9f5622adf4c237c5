import { describe, expect, it } from 'vitest';
import { readReferenceData } from '../../src/topology/io/read-reference-data.ts';
import { parseTopology } from '../../src/topology/parse.ts';
import { resolveTopology } from '../../src/topology/resolve.ts';

const data = readReferenceData();

const topology = resolved(`
name: links
access: cable
transits:
  t1: {asn: 64496, routers: [fra, lon], links: [fra-lon, fra-lon 20ms]}
  t2: {asn: 64497, routers: [nyc]}
interconnects:
  - {provider: t1, customer: t2, at: [lon-nyc 40ms, fra-nyc]}
ixps:
  ix-fra: {city: fra, asn: 64504, members: [t1, pop-fra, isp-buenos-aires]}
cdn: {asn: 64500}
pops:
  fra: {providers: [t1], peers: [isp-buenos-aires]}
clients:
  buenos-aires: {users: 1, upstreams: [t1, t2@nyc 70.5ms]}
origin: {city: lon, asn: 64501, providers: [t1]}
root: {city: fra, asn: 64502, providers: [t1]}
`);
const link = (name: string) => topology.links.find((each) => each.name === name);
const node = (name: string) => topology.nodes.find((each) => each.name === name);

describe('links', () => {
  it('numbers parallel links and their interfaces', () => {
    expect(link('t1-fra--t1-lon')?.a.interface).toBe('t1-lon');
    expect(link('t1-fra--t1-lon--2')).toMatchObject({ a: { interface: 't1-lon-2' }, delayMs: 20 });
  });

  it('cuts interface names to what Linux takes', () => {
    expect(node('buenos-aires')?.interfaces[0]?.name).toBe('isp-buenos-aire');
  });

  it('joins the customer in its city to the provider in the city before it', () => {
    expect(link('t2-nyc--t1-lon')?.delayMs).toBe(40);
    expect(link('t2-nyc--t1-fra')).toBeDefined();
  });

  it('takes the nearest router when the city is left out, and the stated delay', () => {
    expect(link('isp-buenos-aires--t1-lon')).toBeDefined();
    expect(link('isp-buenos-aires--t2-nyc')?.delayMs).toBe(70.5);
  });

  it('puts the access profile on the last mile, half of it each way', () => {
    expect(link('buenos-aires--isp-buenos-aires')).toMatchObject({
      kind: 'access',
      delayMs: 7.5,
      jitterMs: 2.121,
      lossPercent: 0.025,
    });
  });

  it('numbers members on the peering LAN after the route server', () => {
    const lan = (name: string) =>
      node(name)?.interfaces.find((port) => port.neighbour === 'ix-fra')?.addresses?.ipv4;
    expect(node('ix-fra')?.bridge?.addresses.ipv4).toBe('198.18.240.1/24');
    expect(['t1-fra', 'pop-fra', 'isp-buenos-aires'].map(lan)).toEqual([
      '198.18.240.2/24',
      '198.18.240.3/24',
      '198.18.240.4/24',
    ]);
  });

  it('supervises the sessions of POPs by BFD, and no others', () => {
    const supervised = topology.sessions
      .filter((session) => session.bfd)
      .map(({ a, b }) => `${a.node} ${b.node}`);
    expect(supervised).toEqual(['pop-fra t1-fra', 'pop-fra isp-buenos-aires', 'pop-fra ix-fra']);
  });
});

function resolved(text: string) {
  const { input, problems } = parseTopology(text, 'links.yaml', data);
  if (!input) throw new Error(JSON.stringify(problems));
  return resolveTopology(input, data);
}
