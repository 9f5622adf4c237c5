// `./lab load experiment NAME`: runs it and prints its table, ready for docs/edge/load.md.

import { cpus } from 'node:os';
import { UserError } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import { EXPERIMENTS } from '../../load/experiments/all.ts';
import type { ExperimentTable } from '../../load/experiments/experiment.ts';
import { runExperiment } from '../../load/io/run-experiment.ts';
import { EDGE_FLAGS, NODE_FLAGS, programPath } from '../../runtimes/programs.ts';
import type { Cli } from '../context.ts';
import { createProgress } from '../progress.ts';

const QUICK = 10;

/** @throws UserError for an unknown name (exit code 2). */
export async function runExperiments(cli: Cli, name: string, quick: boolean): Promise<void> {
  const names = Object.keys(EXPERIMENTS);
  const chosen = name === 'all' ? names : names.filter((each) => each === name);
  if (chosen.length === 0) {
    const near = nearestNames(name, names);
    const expected = [...(near.length > 0 ? near : names), 'all'].join(', ');
    throw new UserError({ message: `there is no experiment "${name}"`, expected }, 2);
  }
  const progress = createProgress(cli.output);
  const tables: ExperimentTable[] = [];
  try {
    for (const each of chosen) {
      const table = await runExperiment(each, {
        commands: {
          origin: [process.execPath, ...NODE_FLAGS, programPath('origin')],
          edge: [process.execPath, ...EDGE_FLAGS, programPath('edge')],
        },
        shorter: quick ? QUICK : 1,
        signal: cli.signal,
        say: (message) => progress.step(message),
      });
      tables.push(table);
      progress.stop();
      cli.output.print(tableText(table));
    }
  } finally {
    progress.stop();
  }
  if (cli.output.json) cli.output.data({ machine: machine(), quick, tables });
  else cli.output.print(`${new Date().toISOString().slice(0, 10)}, ${machine()}${quick ? ', quick' : ''}`);
}

/** Markdown: it is meant for docs/edge/load.md. */
function tableText({ name, question, setup, columns, rows, reading }: ExperimentTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    `### ${name}: ${question}`,
    '',
    setup,
    '',
    line(columns),
    line(columns.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...rows.map(line),
    '',
    ...reading,
    '',
  ].join('\n');
}

function machine(): string {
  const all = cpus();
  return `${all.length} cores (${all[0]?.model.trim() ?? 'unknown'}), Node.js ${process.version}`;
}
