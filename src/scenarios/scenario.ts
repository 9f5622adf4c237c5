// What a scenario is: an experiment on a running lab with a question, steps, an expectation and a measured answer, that
// leaves the lab as it found it. `./lab scenario run NAME` runs one; a new scenario is a file and a line in the list.

import { UserError } from '../base/errors.ts';
import { nearestNames } from '../base/suggest.ts';
import type { RunningLab } from '../runtimes/runtime.ts';
import type { ResolvedTopology } from '../topology/resolved.ts';

export interface ScenarioOption {
  name: string;
  description: string;
  /** Worked out from the topology when it depends on it. */
  default: (topology: ResolvedTopology) => string;
  /** Valid values. */
  choices?: (topology: ResolvedTopology) => string[];
  /** A number in this range; the value is text otherwise. */
  number?: { minimum: number; maximum: number };
}

export interface ScenarioContext {
  lab: RunningLab;
  topology: ResolvedTopology;
  /** Checked values by option name, all present. */
  options: Record<string, string>;
  /** One line about what happens now. */
  onProgress: (message: string) => void;
  /** Aborted on Ctrl-C; the scenario restores what it broke and rejects. */
  signal: AbortSignal;
  /** For results; made by the scenario. */
  outDir: string;
}

export interface ScenarioOutcome {
  /** What `--json` prints. */
  result: unknown;
  /** For a terminal. */
  text: (style: { width?: number; colour: boolean }) => string;
  /** Paths that were written, by what they are: `html`, `json`. */
  files: Record<string, string>;
}

export interface Scenario {
  name: string;
  /** One line for `./lab scenario list`. */
  question: string;
  expectation: string;
  caveat: string;
  options: readonly ScenarioOption[];
  run(context: ScenarioContext): Promise<ScenarioOutcome>;
}

/** Values for all options out of what was typed; every mistake at once. */
export function scenarioOptions(
  scenario: Scenario,
  topology: ResolvedTopology,
  typed: Record<string, string | undefined>,
): Record<string, string> {
  const names = scenario.options.map((option) => option.name);
  const unknown = Object.keys(typed).filter((name) => !names.includes(name));
  const problems = unknown.map((name) => ({
    message: `scenario ${scenario.name} has no option --${name}`,
    expected: names.map((each) => `--${each}`).join(', '),
    ...hint(nearestNames(name, names).map((each) => `--${each}`)),
  }));
  const values: Record<string, string> = {};
  for (const option of scenario.options) {
    const value = typed[option.name] ?? option.default(topology);
    values[option.name] = value;
    const choices = option.choices?.(topology);
    if (choices && !choices.includes(value)) {
      problems.push({
        message: `--${option.name} ${value}: not possible here`,
        expected: `one of ${choices.join(', ')}`,
        ...hint(nearestNames(value, choices)),
      });
    }
    if (option.number && !inRange(value, option.number)) {
      problems.push({
        message: `--${option.name} ${value}: not possible here`,
        expected: `a number from ${option.number.minimum} to ${option.number.maximum}`,
      });
    }
  }
  if (problems.length > 0) throw new UserError(problems, 2);
  return values;
}

function inRange(value: string, { minimum, maximum }: { minimum: number; maximum: number }): boolean {
  const number = Number(value);
  return value.trim() !== '' && Number.isFinite(number) && number >= minimum && number <= maximum;
}

function hint(nearest: string[]): { hint?: string } {
  return nearest.length === 0 ? {} : { hint: `did you mean ${nearest.join(' or ')}?` };
}
