// `./lab events`: the lab's own log, from its start; with -f it goes on. What is past is read from the lab's folder, so
// that a lab that was killed can still tell what happened before.

import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { labFolder } from '../../runtimes/lab-folder.ts';
import type { LabEvent } from '../../runtimes/runtime.ts';
import { cliOf, openLab } from '../context.ts';

export function define(command: Command): void {
  command
    .option('-f, --follow', 'go on with what happens from now')
    .option('--json', 'one JSON object a line (NDJSON): {at, kind, subject, message}')
    .addHelpText('after', '\nExamples:\n  ./lab events\n  ./lab events -f --json')
    .action(async (options: { follow?: boolean }, self: Command) => {
      const cli = cliOf(self);
      const show = (event: LabEvent) =>
        cli.output.json ? cli.output.dataLine(event) : cli.output.print(formatEvent(event));
      if (!options.follow) {
        const { findLab } = await import('../../deployment/labs.ts');
        const { lab } = await findLab(cli.labName);
        for (const event of pastEvents(labFolder(lab.name).events)) show(event);
        return;
      }
      const { lab } = await openLab(cli);
      for await (const event of lab.events({ fromStart: true, signal: cli.signal })) show(event);
    });
}

/** The last line may be half written. */
function pastEvents(file: string): LabEvent[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as LabEvent);
}

export function formatEvent({ at, kind, subject, message }: LabEvent): string {
  const about = subject && !message.includes(subject) ? `${subject}: ` : '';
  return `${at.slice(11, 23)}  ${kind.padEnd(12)}  ${about}${message}`;
}
