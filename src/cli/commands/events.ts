// `./lab events`: the lab's own log, from its start; with -f it goes on.

import type { Command } from 'commander';
import type { LabEvent } from '../../runtimes/runtime.ts';
import { cliOf } from '../context.ts';

/** Without -f: the past is over when nothing came for this long. */
const QUIET_MS = 150;

export function define(command: Command): void {
  command
    .option('-f, --follow', 'go on with what happens from now')
    .option('--json', 'one JSON object a line (NDJSON): {at, kind, subject, message}')
    .addHelpText('after', '\nExamples:\n  ./lab events\n  ./lab events -f --json')
    .action(async (options: { follow?: boolean }, self: Command) => {
      const cli = cliOf(self);
      const { findLab } = await import('../../deployment/labs.ts');
      const { lab } = await findLab(cli.labName);
      const enough = new AbortController();
      let timer: NodeJS.Timeout | undefined;
      const rest = () => {
        if (options.follow) return;
        clearTimeout(timer);
        timer = setTimeout(() => enough.abort(), QUIET_MS);
      };
      rest();
      for await (const event of lab.events({
        fromStart: true,
        signal: AbortSignal.any([cli.signal, enough.signal]),
      })) {
        if (cli.output.json) cli.output.dataLine(event);
        else cli.output.print(formatEvent(event));
        rest();
      }
      clearTimeout(timer);
    });
}

export function formatEvent({ at, kind, subject, message }: LabEvent): string {
  const about = subject && !message.includes(subject) ? `${subject}: ` : '';
  return `${at.slice(11, 23)}  ${kind.padEnd(12)}  ${about}${message}`;
}
