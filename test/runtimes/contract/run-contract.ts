// What every runtime keeps, tried on a real lab `tiny`: one suite for all of them. Called by test/lab/netns.test.ts and
// test/lab/docker.test.ts, each with what only it can do (kill a process, look for what is left).

import { afterAll, beforeAll, describe } from 'vitest';
import type { RuntimeName } from '../../../src/runtimes/runtime.ts';
import { labRunner } from '../../lab/lab-runner.ts';
import { closednessContract } from './closedness.ts';
import { type ContractLab, contractLab, type RuntimeHarness } from './contract-lab.ts';
import { execContract } from './exec.ts';
import { failureContract } from './failures.ts';
import { lifecycleContract } from './lifecycle.ts';
import { linkContract } from './links.ts';
import { observationContract } from './observation.ts';
import { statusContract } from './status.ts';

/** Registers the suite; `more` is what the runtime promises besides, tried on the same lab before it is taken down. */
export function runtimeContract(
  name: RuntimeName,
  harness: RuntimeHarness,
  more: (lab: ContractLab) => void = () => {},
): void {
  const runner = labRunner();
  const lab = contractLab(name, harness, runner);

  describe(`runtime ${name}`, () => {
    beforeAll(async () => {
      process.env['CATCHMENT_LAB_DIR'] = runner.folder;
      await lab.up();
    });
    afterAll(() => {
      runner.clear();
      delete process.env['CATCHMENT_LAB_DIR'];
    });

    describe('status', () => statusContract(lab));
    describe('exec', () => execContract(lab));
    describe('logs, events, stats', () => observationContract(lab));
    describe('closedness', () => closednessContract(lab));
    describe('links', () => linkContract(lab));
    describe('failures', () => failureContract(lab));
    describe('besides', () => more(lab));
    describe('life and death', () => lifecycleContract(lab));
  });
}
