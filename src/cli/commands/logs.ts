// `./lab logs NODE[/SERVICE]`: what the services of a node wrote, from the lab's folder; they outlive the lab.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import { cliOf } from '../context.ts';
import { parseInteger } from '../option-values.ts';
import { checkService } from '../targets.ts';

const POLL_MS = 200;

export function define(command: Command): void {
  command
    .argument('<target>', 'NODE or NODE/SERVICE')
    .option('-f, --follow', 'go on with what is written from now')
    .option('-n, --lines <count>', 'only the last lines of each service', parseInteger)
    .addHelpText(
      'after',
      '\nExamples:\n  ./lab logs pop-fra\n  ./lab logs pop-fra/dns -f\n  ./lab logs t1-fra/bird -n 20',
    )
    .action(async (target: string, options: { follow?: boolean; lines?: number }, self: Command) => {
      const cli = cliOf(self);
      const { findLab } = await import('../../deployment/labs.ts');
      const { lab, folder } = await findLab(cli.labName);
      const { node, service } = checkService(await lab.status(), target);
      const files = logFiles(join(folder, 'logs', node), service);
      if (files.length === 0) {
        throw new UserError({
          message: `${target} has written no log yet`,
          hint: `./lab status says whether it runs`,
        });
      }
      const prefix = (name: string) => (files.length > 1 ? `${name}: ` : '');
      const read = files.map(({ name, path }) => {
        const text = readFileSync(path, 'utf8');
        const lines = text.split('\n').filter((line) => line !== '');
        for (const line of lines.slice(options.lines === undefined ? 0 : -options.lines || lines.length)) {
          cli.output.print(`${prefix(name)}${line}`);
        }
        return { name, path, offset: Buffer.byteLength(text), rest: '' };
      });
      while (options.follow && !cli.signal.aborted) {
        await sleep(POLL_MS, undefined, { signal: cli.signal }).catch(() => {});
        for (const log of read)
          for (const line of await newLines(log)) cli.output.print(`${prefix(log.name)}${line}`);
      }
    });
}

function logFiles(folder: string, service: string | undefined): { name: string; path: string }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.log') && (service === undefined || file === `${service}.log`))
    .sort()
    .map((file) => ({ name: file.slice(0, -'.log'.length), path: join(folder, file) }));
}

/** Whole lines written since the last call; starts over when the file was cut. */
async function newLines(log: { path: string; offset: number; rest: string }): Promise<string[]> {
  const size = existsSync(log.path) ? statSync(log.path).size : 0;
  if (size < log.offset) Object.assign(log, { offset: 0, rest: '' });
  if (size <= log.offset) return [];
  const file = await open(log.path);
  try {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(size - log.offset),
      0,
      size - log.offset,
      log.offset,
    );
    log.offset += bytesRead;
    const lines = (log.rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
    log.rest = lines.pop() ?? '';
    return lines;
  } finally {
    await file.close();
  }
}
