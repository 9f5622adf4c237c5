// `./lab edge diagnose LOG`: the hit-ratio ladder of an access log, ours or another server's.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Command } from 'commander';
import { UserError } from '../base/errors.ts';
import { Diagnosis } from '../edge/diagnose/diagnosis.ts';
import { parseLogLine } from '../edge/diagnose/parse-log-line.ts';
import { type Cli, cliOf } from './context.ts';
import { diagnosisText } from './edge-diagnose-text.ts';

export function defineDiagnose(command: Command): void {
  command
    .summary('why the hit ratio of an access log is what it is, and what to change first')
    .argument('<log>', 'the log, also as .gz; - is standard input')
    .option('--json', 'as JSON: {hitRatio, byteHitRatio, ladder, worst, whatIf, …}')
    .addHelpText(
      'after',
      `
Reads this edge's access log (JSON or combined), JSON logs of others that say what the cache did, and nginx's combined
format with $upstream_cache_status behind it:
  log_format diagnose '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                      '"$http_referer" "$http_user_agent" "$host" $upstream_cache_status $request_time';

Examples:
  ./lab edge diagnose access.log
  zcat access.log.*.gz | ./lab edge diagnose -
  ./lab edge diagnose access.log --json | jq .worst`,
    )
    .action(async (file: string, _options: object, self: Command) => runDiagnose(cliOf(self), file));
}

/** @throws UserError when the log cannot be read, or no line of it says what a cache did. */
export async function runDiagnose(cli: Cli, file: string): Promise<void> {
  const diagnosis = new Diagnosis();
  let lines = 0;
  let unreadable = 0;
  let example: string | undefined;
  try {
    for await (const line of linesOf(file)) {
      if (cli.signal.aborted) break;
      if (line === '') continue;
      lines++;
      const record = parseLogLine(line);
      if (record) diagnosis.add(record);
      else {
        unreadable++;
        example ??= line.slice(0, 200);
      }
    }
  } catch (cause) {
    throw new UserError({ file, message: `cannot read the log: ${(cause as Error).message}` }, 1, { cause });
  }
  if (lines === unreadable) {
    throw new UserError({
      file,
      message: lines === 0 ? 'the log is empty' : 'no line says what the cache did',
      ...(example !== undefined && { found: example }),
      hint: './lab edge diagnose --help shows the forms it reads',
    });
  }
  const report = diagnosis.report();
  if (unreadable > 0)
    report.notes.push(`${unreadable} of ${lines} lines could not be read, the first: ${example}`);
  if (cli.output.json) cli.output.data(report);
  else cli.output.print(diagnosisText(report, cli.output));
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const raw: Readable = file === '-' ? process.stdin : createReadStream(file);
  const input: Readable = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  let failure: Error | undefined;
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  // readline hands on no errors of what it reads: it would wait for ever.
  const fail = (error: Error) => {
    failure = error;
    lines.close();
  };
  raw.once('error', fail);
  input.once('error', fail);
  yield* lines;
  if (failure) throw failure;
}
