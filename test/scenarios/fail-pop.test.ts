import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ExecResult, LabStatus, RunningLab, Target } from '../../src/runtimes/runtime.ts';
import { scenario } from '../../src/scenarios/fail-pop.ts';
import { scenarioOptions } from '../../src/scenarios/scenario.ts';
import { scenarioNamed } from '../../src/scenarios/scenario-list.ts';
import { tiny } from '../measurement/support.ts';

const outDir = await mkdtemp(join(tmpdir(), 'catchment-scenario-'));
afterAll(() => rm(outDir, { recursive: true }));

/** A lab that writes down what is done to it; its probes do what the test says. */
function recordingLab(exec: RunningLab['exec']) {
  const done: string[] = [];
  const nodeOf = (target: Target) => (target.kind === 'link' ? target.link : target.node);
  const lab: RunningLab = {
    name: 'recorded',
    runtime: 'recording',
    runFolder: () => outDir,
    runFolderInside: () => outDir,
    programCommand: (program) => [program],
    status: async () => ({ shaping: 'off' }) as LabStatus,
    exec,
    fail: async (target, how) => void done.push(`fail ${nodeOf(target)} ${how}`),
    restore: async (target) => void done.push(`restore ${nodeOf(target)}`),
    setLink: async () => {},
    events: async function* () {},
    logs: async function* () {},
    stats: async () => [],
  };
  return { lab, done };
}

const untilAborted: RunningLab['exec'] = (_node, _argv, options) =>
  new Promise((_, reject) =>
    options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
  );

function context(lab: RunningLab, signal: AbortSignal, onProgress: (message: string) => void = () => {}) {
  const options = scenarioOptions(scenario, tiny, { before: '1', down: '1', after: '1' });
  return { lab, topology: tiny, options, onProgress, signal, outDir };
}

test('an interrupted scenario restores the POP', async () => {
  const { lab, done } = recordingLab(untilAborted);
  const interrupt = new AbortController();
  const run = scenario.run(
    context(lab, interrupt.signal, (message) => {
      if (message.includes('fails')) setTimeout(() => interrupt.abort(new Error('Ctrl-C')), 50);
    }),
  );
  await expect(run).rejects.toThrow();
  expect(done).toEqual(['fail pop-lon silent', 'restore pop-lon']);
});

test('a probe that dies ends the scenario before anything is broken', async () => {
  const crashed: ExecResult = { exitCode: 1, stdout: '', stderr: 'no such node' };
  const { lab, done } = recordingLab(async () => crashed);
  await expect(scenario.run(context(lab, new AbortController().signal))).rejects.toThrow('no such node');
  expect(done).toEqual([]);
});

test('the POP with the most anycast users fails by default', () => {
  expect(scenarioOptions(scenario, tiny, {})['pop']).toBe('pop-lon');
});

test('every wrong option is reported at once, with what would be right', () => {
  const typed = { pop: 'pop-frankfurt', how: 'loudly', rate: 'fast', popp: 'x' };
  expect(() => scenarioOptions(scenario, tiny, typed)).toThrow(
    /no option --popp[\s\S]*did you mean --pop[\s\S]*pop-frankfurt[\s\S]*pop-fra, pop-lon[\s\S]*loudly[\s\S]*--rate fast[\s\S]*0\.1 to 50/,
  );
});

test('an unknown scenario is answered with the nearest one', () => {
  expect(scenarioNamed('fail-pop')).toBe(scenario);
  expect(() => scenarioNamed('failpop')).toThrow(/did you mean fail-pop/);
});
