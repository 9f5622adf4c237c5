// `./lab load URL...`: the load generator, from this machine or from a client node of the lab; and the caching experiments.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../../base/errors.ts';
import { cliOf } from '../context.ts';
import type { LoadOptions } from '../load/options.ts';
import { parseInteger, parseMilliseconds } from '../option-values.ts';
import { createProgress } from '../progress.ts';

export function define(command: Command): void {
  const repeated = (value: string, earlier: string[]) => [...earlier, value];
  command
    .argument(
      '[urls...]',
      'what is asked; {item} in the path is the item drawn; several URLs are several servers',
    )
    .option('--uniform <items>', 'so many items, all alike', parseInteger)
    .option('--long-tail', '96 % of requests to 5 items, 4 % to 200 others')
    .option('--zipf <s,items>', 'the item of rank r in proportion to 1/r^s', parseZipf)
    .option('--urls <file>', 'the URLs of a file, one a line, in turn')
    .option('--replay <log>', 'the requests of an access log, at their times')
    .option('--speed <factor>', 'replay: so many times as fast', parseFactor)
    .option(
      '--rate <per-second>',
      'open loop: requests a second, whatever comes back (default 100)',
      parseFactor,
    )
    .addOption(
      new Option('--arrivals <how>', 'open loop: evenly, or as independent users come')
        .choices(['constant', 'poisson'])
        .default('constant'),
    )
    .option(
      '--connections <count>',
      'closed loop: so many clients; with --rate: at most so many connections',
      parseInteger,
    )
    .option('--think <time>', 'closed loop: pause between an answer and the next request', parseMilliseconds)
    .option('--duration <time>', 'how long it is measured', parseMilliseconds, 10_000)
    .option('--warm-up <time>', 'not measured, before it', parseMilliseconds, 0)
    .option('--max-age <seconds>', 'asks the lab’s origin for that lifetime (?max_age=)', parseInteger)
    .option('-H, --header <field>', 'a field of every request, `Name: value`; may be repeated', repeated, [])
    .option('--timeout <time>', 'then a request has failed', parseMilliseconds, 10_000)
    .addOption(
      new Option('--spread <how>', 'several servers: each in turn, or drawn')
        .choices(['round-robin', 'random'])
        .default('round-robin'),
    )
    .option('--seed <number>', 'the same seed makes the same requests', parseInteger, 1)
    .option('--spin', 'start requests exactly in time, for a whole core (else up to a millisecond late)')
    .option('--from <node>', 'from a client location of the running lab')
    .option('--yes-i-own-this', 'allow addresses other than this machine’s and the lab’s')
    .option('--series', 'also every second')
    .option('--json', 'as JSON: {plan, result, percentiles}')
    .addHelpText(
      'after',
      `
Latencies count from the time a request was to start (no coordinated omission). Hit ratios are read from Cache-Status.
Times: 500ms, 10s.

Examples:
  ./lab load 'http://127.0.0.1:8088/json/{item}' --long-tail --max-age 10 --rate 200 --duration 30s
  ./lab load http://127.0.0.1:8088/bytes/1000 --connections 64 --duration 5s
  ./lab load 'http://anycast.cdn.test/json/{item}' --zipf 1.0,1000 --rate 50 --from london
  ./lab load http://127.0.0.1:8088/ --replay access.log --speed 10
  ./lab load experiment ttl`,
    )
    .action(async (urls: string[], options: LoadOptions, self: Command) => {
      if (urls.length === 0) {
        const hint =
          "./lab load 'http://127.0.0.1:8088/json/{item}' --long-tail; ./lab load --help shows more";
        throw new UserError({ message: 'which URL?', hint }, 2);
      }
      await run(urls, options, self);
    });
  defineExperiment(command.command('experiment'));
}

async function run(urls: string[], options: LoadOptions, self: Command): Promise<void> {
  const cli = cliOf(self);
  const { loadPlan } = await import('../load/options.ts');
  const unresolved = loadPlan(urls, options);
  const { runFromHere, runFromNode } = await import('../load/run.ts');
  const progress = createProgress(cli.output);
  const ownsThem = options.yesIOwnThis === true;
  try {
    const result = options.from
      ? await runFromNode(cli, options.from, unresolved, ownsThem, progress)
      : await runFromHere(cli, unresolved, ownsThem, progress);
    progress.stop();
    if (cli.output.json) {
      const { percentilesMs } = await import('../../load/load-result.ts');
      const percentiles = {
        latency: percentilesMs(result.latency),
        firstByte: percentilesMs(result.firstByte),
      };
      cli.output.data({
        plan: { ...unresolved.plan, requests: unresolved.plan.requests.kind },
        percentiles,
        result,
      });
    } else {
      const { loadText } = await import('../load/text.ts');
      cli.output.print(loadText(unresolved.plan, result, cli.output, options.series));
    }
    if (result.requests > 0 && Object.keys(result.statuses).length === 0) process.exitCode = 1;
  } finally {
    progress.stop();
  }
}

function defineExperiment(command: Command): void {
  command
    .summary('measure what a caching idea brings, with an origin and edges of its own')
    .argument('<name>', 'ttl, cache-lock, long-tail, hashing, or all')
    .option('--quick', 'a tenth of the time: to see that it works, not to quote')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Starts what it needs on free loopback ports and ends it. docs/edge/load.md has the tables and what they mean.

Examples:
  ./lab load experiment ttl
  ./lab load experiment all --quick`,
    )
    .action(async (name: string, options: { quick?: boolean }, self: Command) => {
      const cli = cliOf(self);
      const { runExperiments } = await import('../load/experiment.ts');
      await runExperiments(cli, name, options.quick === true);
    });
}

function parseZipf(text: string): [number, number] {
  const match = /^(\d+(?:\.\d+)?),(\d{1,7})$/.exec(text);
  const [exponent, items] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || items < 1)
    throw new InvalidArgumentError('expected an exponent and a number of items, such as 1.0,1000.');
  return [exponent, items];
}

function parseFactor(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0) throw new InvalidArgumentError('expected a number above 0.');
  return value;
}
