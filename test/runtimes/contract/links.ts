// Links that are changed while the lab runs.

import { expect, it } from 'vitest';
import type { ContractLab } from './contract-lab.ts';

const LINK = 'amsterdam--isp-amsterdam';
const CLIENT = 'amsterdam';
/** What a busy machine may add, and far less than what is asked for. */
const SLACK_MS = 40;

export function linkContract(contract: ContractLab): void {
  it('a delay is what a ping measures, each direction by itself', async () => {
    const { aToB, bToA } = (await contract.link(LINK)) ?? expect.unreachable();
    const planned = aToB.delayMs + bToA.delayMs;
    const before = await contract.rttMs(CLIENT);
    expect(before).toBeGreaterThanOrEqual(planned - 0.5);
    expect(before).toBeLessThan(planned + SLACK_MS);

    await contract.lab.setLink(LINK, { aToB: { delayMs: aToB.delayMs + 60 } });
    const oneWay = await contract.rttMs(CLIENT);
    expect(oneWay).toBeGreaterThanOrEqual(planned + 59);
    expect(oneWay).toBeLessThan(planned + 60 + SLACK_MS);

    await contract.lab.setLink(LINK, { bToA: { delayMs: bToA.delayMs + 60 } });
    expect(await contract.rttMs(CLIENT)).toBeGreaterThanOrEqual(planned + 119);
    expect(await contract.link(LINK)).toMatchObject({
      aToB: { ...aToB, delayMs: aToB.delayMs + 60 },
      bToA: { ...bToA, delayMs: bToA.delayMs + 60 },
    });

    await contract.lab.setLink(LINK, { aToB, bToA });
    expect(await contract.rttMs(CLIENT)).toBeLessThan(planned + SLACK_MS);
  });

  it('that loses everything carries nothing, and then everything again', async () => {
    await contract.lab.setLink(LINK, { aToB: { lossPercent: 100 } });
    expect(await contract.pings(CLIENT)).toBe(false);
    await contract.lab.setLink(LINK, { aToB: { lossPercent: 0 } });
    expect(await contract.pings(CLIENT)).toBe(true);
  });

  it('goes down on both ends, and comes back with addresses of both families and the delay it had', async () => {
    const { topology } = contract.found;
    const gateway = topology.nodes.find(({ name }) => name === CLIENT)?.defaultGateway?.ipv6 ?? '';
    await contract.lab.setLink(LINK, { down: true });
    expect(await contract.link(LINK)).toMatchObject({ state: 'down' });
    expect(await contract.pings(CLIENT)).toBe(false);
    await contract.lab.setLink(LINK, { down: false });
    expect(await contract.link(LINK)).toMatchObject({ state: 'up' });
    expect(await contract.pings(CLIENT)).toBe(true);
    expect((await contract.sh(CLIENT, 'ping -6 -c 1 -W 2 "$1"', gateway)).exitCode).toBe(0);
    expect(await contract.popOf(CLIENT)).toBeDefined();
  });

  it('that is unknown is refused', async () => {
    await expect(contract.lab.setLink('none--such', { down: true })).rejects.toThrow('none--such');
  });
}
