// The relay process as its parent sees it, in namespaces of its own.

import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { runInNamespaces } from '../shaping/contract/in-namespaces.ts';

const CHECK = fileURLToPath(new URL('../shaping/contract/relay-process-check.ts', import.meta.url));
const UNDERLAY_CHECK = fileURLToPath(new URL('../shaping/contract/underlay-check.ts', import.meta.url));

describe('the relay process', () => {
  let seen: {
    links: number;
    linksAfterRemoval: number;
    noLink: string;
    noInterface: string;
    idleTicks: number;
    asked: boolean;
    dead: string;
    endedWhenAsked: boolean;
    troubles: string[];
  };
  beforeAll(async () => {
    seen = JSON.parse(await runInNamespaces(CHECK, [], 60_000));
  });

  it('carries the links of a lab of 220 routers, however often it is told of them', () => {
    expect(seen.links).toBe(400);
  });
  it('forgets a link that is removed', () => {
    expect(seen.linksAfterRemoval).toBe(399);
  });
  it('names the nearest links when it is asked for one that it does not have', () => {
    expect(seen.noLink).toContain('the relay has no link link-399x');
    expect(seen.noLink).toContain('link-399');
  });
  it('says which interface of a link is missing', () => {
    expect(seen.noInterface).toContain('the relay has no interface nope');
  });
  it('sleeps while no frame comes', () => {
    expect(seen.idleTicks).toBeLessThanOrEqual(5);
  });
  it('tells its parent when it is killed, and another one takes its place', () => {
    expect(seen.asked).toBe(false);
    expect(seen.dead).toContain('not running');
    expect(seen.troubles).toEqual(['the relay ended: SIGKILL']);
    expect(seen.endedWhenAsked).toBe(true);
  });
});

describe('the relay over an underlay network', () => {
  let seen: {
    pingMs: number;
    uploadIntact: boolean;
    fragmented: number;
    checksumErrors: number[];
    foreign: number;
    sendErrors: number;
    kernelDrops: number;
  };
  beforeAll(async () => {
    seen = JSON.parse(await runInNamespaces(UNDERLAY_CHECK, [], 60_000));
  });

  it('is exact: 80 ms are 80 ms', () => {
    expect(seen.pingMs).toBeGreaterThanOrEqual(79.9);
    expect(seen.pingMs).toBeLessThanOrEqual(80.6);
  });
  it('carries a TCP transfer that a router forwards', () => {
    expect(seen.uploadIntact).toBe(true);
  });
  it('carries datagrams in fragments', () => {
    expect(seen.fragmented).toBe(50);
  });
  it('leaves no checksum unfinished', () => {
    expect(seen.checksumErrors).toEqual([0, 0, 0]);
  });
  it('takes nothing for foreign, and loses nothing', () => {
    expect(seen).toMatchObject({ foreign: 0, sendErrors: 0, kernelDrops: 0 });
  });
});
