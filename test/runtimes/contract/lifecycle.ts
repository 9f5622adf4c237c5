// A lab comes up once, is found by its name, may die, and goes without a trace.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listLabs } from '../../../src/deployment/labs.ts';
import { until } from '../../lab/lab-runner.ts';
import { type ContractLab, LAB_NAME } from './contract-lab.ts';

export function lifecycleContract(contract: ContractLab): void {
  const { runtime, runner, harness } = contract;
  const folder = join(runner.folder, LAB_NAME);
  const leftovers = async () => harness.leftovers(runner.folder);

  it('a second up changes nothing', async () => {
    const before = await contract.status();
    const again = runner.lab('up', 'tiny', '--name', LAB_NAME, '--no-compare', ...harness.up);
    expect(again.code, again.err).toBe(0);
    expect(again.out).toContain('nothing changed');
    const after = await contract.status();
    expect(after.startedAt).toBe(before.startedAt);
    const restarts = ({ nodes }: typeof before) =>
      nodes.map(({ services }) => services.map((service) => service.restarts));
    expect(restarts(after)).toEqual(restarts(before));
  });

  it('up of another plan under its name is refused with what to type', () => {
    const { code, err } = runner.lab(
      'up',
      'tiny',
      '--name',
      LAB_NAME,
      '--no-compare',
      '--seed',
      '7',
      ...harness.up,
    );
    expect(code).toBe(1);
    expect(err).toContain(`./lab down --name ${LAB_NAME}`);
  });

  it('is found by its name and no other', async () => {
    expect(await runtime.list()).toEqual([LAB_NAME]);
    expect(await listLabs()).toEqual([LAB_NAME]);
    expect(await runtime.find(LAB_NAME)).toMatchObject({ name: LAB_NAME, runtime: runtime.name });
    expect(await runtime.find('other')).toBeUndefined();
  });

  it('down of what is not there says so and touches nothing', async () => {
    expect(await runtime.down('other')).toBe(false);
    expect(existsSync(join(runner.folder, 'other'))).toBe(false);
    expect((await contract.status()).state).toBe('ready');
  });

  it('one that was killed says so and what to type, down cleans up, and up works again', async () => {
    const following = (async () => {
      for await (const _ of contract.lab.events());
    })();
    await harness.crash(contract.found);
    await until('dead', async () => (await contract.status()).state === 'dead');
    const { reason, pops, nodes } = await contract.status();
    expect(reason).toMatch(/./);
    expect(pops.map(({ healthy }) => healthy)).toEqual([false, false]);
    expect(nodes.flatMap(({ services }) => services.filter(({ healthy }) => healthy))).toEqual([]);
    const status = runner.lab('status');
    expect([status.code, status.out]).toEqual([0, expect.stringMatching(/dead[\s\S]*\.\/lab down/)]);
    expect(status.out).toContain(reason);
    expect(runner.lab('exec', 'paris', '--', 'true')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/hint: .*\.\/lab down/),
    });
    expect(runner.lab('down').code).toBe(0);
    await following;
    expect(await leftovers()).toEqual([]);
    expect(await runtime.find(LAB_NAME)).toBeUndefined();
    await contract.up();
    await contract.ready();
  });

  it('up works on what a killed lab left, without a down', async () => {
    await harness.crash(contract.found);
    await until('dead', async () => (await contract.status()).state === 'dead');
    await contract.up();
    await contract.ready();
  });

  it('down leaves nothing but logs, and is done once', async () => {
    expect(await leftovers()).not.toEqual([]);
    expect(await runtime.down(LAB_NAME)).toBe(true);
    expect(await leftovers()).toEqual([]);
    expect(readdirSync(folder)).toEqual(['logs']);
    expect(await runtime.down(LAB_NAME)).toBe(false);
    expect(await runtime.list()).toEqual([]);
    expect(runner.lab('down').code).toBe(0);
  });
}
