import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.ts';
import { completeWords } from '../../src/cli/complete.ts';
import { PROJECT, runLab } from './run-lab.ts';

/** A lab with these names; `fail` knows one option with choices and one without a value. */
const names: Record<string, string[]> = {
  lab: ['mine', 'world'],
  node: ['london', 'pop-fra', 'pop-lon'],
  service: ['pop-fra', 'pop-fra/edge'],
  target: ['pop-fra', 'pop-fra/edge', 'a--pop-fra'],
  link: ['a--pop-fra'],
  topology: ['tiny', 'world'],
  scenario: ['fail-pop'],
};
const complete = (...words: string[]) =>
  completeWords(words, {
    commands: COMMANDS.filter((entry) => !entry.hidden),
    options: async () => [
      { words: ['--how'], takesValue: true, choices: ['drain', 'clean', 'silent'] },
      { words: ['--json'], takesValue: false, choices: [] },
      { words: ['--name'], takesValue: true, choices: [] },
    ],
    names: async (kind) => names[String(kind)] ?? [],
  });

describe('completion', () => {
  const cases: [string[], string[]][] = [
    [['sta'], ['status', 'stats']],
    [
      ['exec', 'pop'],
      ['pop-fra', 'pop-lon'],
    ],
    [['exec', 'london', '--', 'di'], []],
    [['fail', ''], names['target'] ?? []],
    [
      ['fail', '--how', ''],
      ['drain', 'clean', 'silent'],
    ],
    [['fail', '--how', 'clean', 'pop-fra/'], ['pop-fra/edge']],
    [['fail', '--json', 'pop-fra/'], ['pop-fra/edge']],
    [
      ['fail', '--h'],
      ['--how', '--help'],
    ],
    [['link', 'a'], ['a--pop-fra']],
    [['capture', 'pop-fra', ''], ['a--pop-fra']],
    [['logs', 'pop-fra/'], ['pop-fra/edge']],
    [['up', 't'], ['tiny']],
    [['scenario', 'r'], ['run']],
    [['scenario', 'run', ''], ['fail-pop']],
    [['status', '--name', 'm'], ['mine']],
    [
      ['--name', ''],
      ['mine', 'world'],
    ],
    [['--name', 'mine', 'statu'], ['status']],
    [['help', 'cap'], ['capture']],
    [['completion', 'z'], ['zsh']],
  ];
  for (const [words, expected] of cases) {
    test(`${words.join(' ')}| offers ${expected.join(' ') || 'nothing'}`, async () => {
      expect(await complete(...words)).toEqual(expected);
    });
  }

  test('never fails, without a lab neither', () => {
    expect(runLab(['__complete', '--', 'exec', ''])).toEqual({ code: 0, out: '', err: '' });
    expect(runLab(['__complete', '--', 'nonsense', '']).code).toBe(0);
    expect(runLab(['__complete', '--', 'up', '--sh']).out).toBe('--shaping\n');
  });

  test('the bash script fills in a word', () => {
    const script = `
      eval "$(./lab completion bash)"
      COMP_WORDS=(./lab completion z) COMP_CWORD=2
      compopt() { :; }
      _catchment_lab; echo "\${COMPREPLY[*]}"`;
    const result = spawnSync('bash', ['-c', script], { cwd: PROJECT, encoding: 'utf8' });
    expect(result.stdout).toBe('zsh\n');
  });
});
