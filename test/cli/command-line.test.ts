import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.ts';
import { runLab } from './run-lab.ts';

const visible = COMMANDS.filter((entry) => !entry.hidden);

describe('wrong usage ends with 2 and the nearest valid names', () => {
  const cases: [string, string[], RegExp][] = [
    ['an unknown command', ['statuss'], /no command "statuss"\n {2}expected: status/],
    ['a word like no command', ['frobnicate'], /expected: up, down, status/],
    [
      'an unknown option',
      ['up', '--shapin', 'off'],
      /unknown option '--shapin'\n\(Did you mean --shaping\?\)/,
    ],
    ['a wrong choice', ['fail', 'pop-fra', '--how', 'loudly'], /Allowed choices are drain, clean, silent/],
    ['a missing argument', ['exec'], /missing required argument 'node'/],
    ['too many arguments', ['down', 'world'], /too many arguments/],
    ['a time that is none', ['link', 'a--b', '--delay', 'fast'], /expected a time such as 40ms/],
    ['a percentage above 100', ['link', 'a--b', '--loss', '200'], /percentage from 0 to 100/],
    ['an unknown shell', ['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
    ['an unknown scenario', ['scenario', 'run', 'fail-op'], /fail-pop/],
    ['an unknown topology', ['up', 'wrld', '--dry-run'], /world/],
    ['a lab name that cannot be one', ['up', 'tiny', '--dry-run', '--name', 'My Lab'], /cannot name a lab/],
  ];
  for (const [name, args, message] of cases) {
    test(`${name}: ${args.join(' ')}`, () => {
      const { code, out, err } = runLab(args);
      expect(err).toMatch(message);
      expect([code, out]).toEqual([2, '']);
    });
  }
});

describe('without a lab', () => {
  const cases = [
    ['status'],
    ['exec', 'london', '--', 'true'],
    ['fail', 'pop-fra'],
    ['events'],
    ['compare'],
    ['catchment'],
    ['logs', 'pop-fra'],
  ];
  for (const args of cases) {
    test(`${args.join(' ')} says what to type and ends with 1`, () => {
      const { code, out, err } = runLab(args);
      expect([code, out]).toEqual([1, '']);
      expect(err).toContain('./lab up');
    });
  }

  test('down is content', () => {
    expect(runLab(['down'])).toMatchObject({ code: 0, out: 'no lab is running\n' });
    expect(JSON.parse(runLab(['down', '--all', '--json']).out)).toEqual({ removed: [] });
  });
});

describe('help', () => {
  test('lists every command with its summary, and starts nothing', () => {
    const { code, out } = runLab([]);
    expect(code).toBe(0);
    for (const { name, summary } of visible) {
      expect(out).toMatch(new RegExp(`^ {2}${name} +${summary.split(' ').slice(0, 3).join(' ')}`, 'm'));
    }
    expect(runLab(['--help']).out).toBe(out);
    expect(runLab(['help']).out).toBe(out);
  });

  for (const { name } of visible) {
    test(`of ${name} shows its usage and an example`, () => {
      const { code, out } = runLab([name, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`Usage: lab ${name}`);
      expect(out).toMatch(new RegExp(`Examples?:\n.*lab (${name}|help)`, 's'));
      expect(out).toContain('--name <lab>');
    });
  }

  test('of a command is the same by both ways of asking', () => {
    expect(runLab(['help', 'fail']).out).toBe(runLab(['fail', '--help']).out);
  });
});

describe('facts as JSON', () => {
  test('the version', () => {
    expect(JSON.parse(runLab(['version', '--json']).out)).toMatchObject({
      name: 'catchment',
      version: expect.stringMatching(/^\d/),
    });
    expect(runLab(['--version']).out).toMatch(/^catchment \d+\.\d+\.\d+ \(Node 24/);
  });

  test('the plan of up --dry-run, nodes, links and files, and nothing is started', () => {
    const plan = JSON.parse(runLab(['up', 'tiny', '--dry-run', '--json', '--name', 'mine']).out);
    expect(plan).toMatchObject({ name: 'mine', topology: 'tiny' });
    expect(plan.nodes.map((node: { name: string }) => node.name)).toContain('pop-fra');
    expect(plan.files.map((file: { path: string }) => file.path)).toContain('pop-fra/bird.conf');
    expect(runLab(['status']).code).toBe(1);
  });

  test('the same plan twice is the same text', () => {
    const plan = () => runLab(['up', 'tiny', '--dry-run', '--json']).out;
    expect(plan()).toBe(plan());
  });

  test('doctor: a list of checks, each with its state', () => {
    const { code, out } = runLab(['doctor', '--json']);
    const report = JSON.parse(out);
    expect(code).toBe(report.ready ? 0 : 1);
    expect(report.checks.length).toBeGreaterThan(10);
    for (const check of report.checks) {
      expect(check).toMatchObject({
        name: expect.any(String),
        found: expect.any(String),
        means: expect.any(String),
      });
      expect(['ok', 'limited', 'missing']).toContain(check.state);
    }
  });

  test('topologies and the counts of one', () => {
    expect(JSON.parse(runLab(['topology', 'list', '--json']).out)).toEqual(
      expect.arrayContaining(['tiny', 'world']),
    );
    expect(JSON.parse(runLab(['topology', 'validate', 'tiny', '--json']).out)).toMatchObject({
      name: 'tiny',
      pops: 2,
      clients: 3,
    });
  });

  test('scenarios with question and options', () => {
    const scenarios = JSON.parse(runLab(['scenario', 'list', '--json']).out);
    expect(scenarios[0]).toMatchObject({
      name: 'fail-pop',
      question: expect.stringContaining('?'),
      options: expect.any(Array),
    });
  });
});

describe('a wrong topology file', () => {
  test('is told with its errors and ends with a failure', () => {
    const file = join(tmpdir(), `catchment-wrong-${process.pid}.yaml`);
    writeFileSync(file, 'name: wrong\npops: 3\n');
    const { code, err } = runLab(['topology', 'validate', file]);
    rmSync(file);
    expect(code).toBeGreaterThan(0);
    expect(err).toContain(file);
  });
});

describe('drawing a topology', () => {
  test('as DOT and as Mermaid, with and without clients', () => {
    const dot = runLab(['graph', 'tiny']).out;
    expect(dot).toMatch(/^graph "tiny" \{/);
    expect(dot).toContain('"paris" [');
    expect(runLab(['graph', 'tiny', '--no-clients']).out).not.toContain('"paris"');
    expect(runLab(['graph', 'tiny', '--format', 'mermaid']).out).toMatch(/^graph LR\n/);
  });
});

describe('colour', () => {
  test('is off in a pipe and with NO_COLOR, on when forced', () => {
    const colourStarts = '\u001b[';
    expect(runLab(['doctor']).out).not.toContain(colourStarts);
    expect(runLab(['doctor'], { FORCE_COLOR: '1' }).out).toContain(colourStarts);
    expect(runLab(['statsu'], { NO_COLOR: '1' }).err).not.toContain(colourStarts);
  });
});

test('a reader that stops reading is no failure', () => {
  const { code, err } = runLab(['version']);
  expect([code, err]).toEqual([0, '']);
});
