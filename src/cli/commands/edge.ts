// `./lab edge`: the edge cache by itself, without a lab: run it, check its configuration, ask why it answers as it does, and
// talk to one that runs. Each subcommand is in a file of its own and loaded when it is asked for.

import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import { cliOf } from '../context.ts';
import type { CtlOptions } from '../edge/ctl.ts';
import type { EndpointOptions } from '../edge/endpoint.ts';
import type { ExplainOptions } from '../edge/explain.ts';
import { defineDiagnose } from '../edge-diagnose.ts';

export function define(command: Command): void {
  command
    .description('The edge cache by itself: runs it in the foreground, or does what a subcommand says.')
    .option('-c, --config <file>', 'its configuration (docs/edge/configuration.md)')
    .addHelpText(
      'after',
      `
SIGHUP reloads, SIGTERM and Ctrl-C end it. src/edge/README.md is its guide.

Examples:
  ./lab edge --config edge.json
  ./lab edge check edge.json
  ./lab edge explain http://www.cdn.test/static/app.js?v=3 --config edge.json
  ./lab edge ctl --admin /run/edge.sock purge --tag shop
  ./lab edge diagnose access.log`,
    )
    .action(async ({ config }: { config?: string }) => {
      if (config === undefined) {
        const hint = './lab edge --config edge.json runs an edge; ./lab edge --help shows what else there is';
        throw new UserError({ message: '--config is missing', hint }, 2);
      }
      const { runEdge } = await import('../edge/run.ts');
      await runEdge(config);
    });
  defineCheck(command.command('check'));
  defineExplain(command.command('explain'));
  defineCtl(command.command('ctl'));
  defineDiagnose(command.command('diagnose'));
}

function defineCheck(command: Command): void {
  command
    .summary('all that is wrong with a configuration, and which traffic its settings would hurt')
    .argument('<file>', 'the configuration')
    .option('--strict', 'warnings are errors')
    .option('--json', 'as JSON: {ok, errors, warnings, notes, facts}')
    .addHelpText(
      'after',
      `
Exit code 1 for errors. Notes are consequences to know of; warnings are mistakes in most sites.

Examples:
  ./lab edge check edge.json
  ./lab edge check edge.json --json | jq '.warnings[].breaks'`,
    )
    .action(async (file: string, options: { strict?: boolean }, self: Command) => {
      const cli = cliOf(self);
      const { runCheck } = await import('../edge/check.ts');
      if (!(await runCheck(cli, file, options))) process.exitCode = 1;
    });
}

function defineExplain(command: Command): void {
  const repeated = (value: string, earlier: string[]) => [...earlier, value];
  command
    .summary('why a request is answered as it is: by a configuration, or by an edge that runs')
    .argument('<url>', 'what is asked for, such as http://www.cdn.test/a?b=c')
    .option('-c, --config <file>', 'no edge has to run: route, key and bypass by this configuration')
    .option('--connect <address:port>', 'the edge that is asked; by default the host of the URL')
    .option('-X, --method <method>', 'its method', 'GET')
    .option('-H, --header <field>', 'a field of the request, `Name: value`; may be repeated', repeated, [])
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
A running edge answers with its trace for clients in "trace.allow" only (loopback unless told otherwise), and the
request counts like any other: it fills the cache.

Examples:
  ./lab edge explain http://www.cdn.test/a?utm_source=x -H 'Cookie: session=1' --config edge.json
  ./lab edge explain http://www.cdn.test/a --connect 127.0.0.1:8080`,
    )
    .action(async (url: string, options: ExplainOptions, self: Command) => {
      const cli = cliOf(self);
      const { runExplain } = await import('../edge/explain.ts');
      await runExplain(cli, url, options);
    });
}

function defineCtl(command: Command): void {
  const repeated = (value: string, earlier: string[] = []) => [...earlier, value];
  command
    .summary('talk to a running edge')
    .argument(
      '<action>',
      'status, metrics, purge, warm, push, pin, unpin, pins, drain, undrain, reload or trace',
    )
    .argument('[words...]', 'purge URL; warm URL...; push DIRECTORY; pin URL; unpin URL; trace ID')
    .option('--admin <where>', 'its admin server: the path of a UNIX socket, or http://ADDRESS:PORT')
    .option('-c, --config <file>', 'its configuration, which says where its admin server is')
    .option('--token-file <file>', 'the token that a TCP admin server wants')
    .option('--pop <pop>', 'the edge of a POP of the running lab')
    .option(
      '--tag <tag>',
      'purge: all objects with this surrogate key; push: with it; may be repeated',
      repeated,
    )
    .option('--prefix <prefix>', 'purge: all URLs that begin so; push: what file names are appended to (/)')
    .option('--host <host>', 'purge: all objects of a host')
    .option('--key <key>', 'purge: one cache key, as traces show it')
    .option('--all', 'purge: everything')
    .option('--soft', 'purge: mark stale instead of dropping, so that it may be revalidated')
    .option('--broadcast', 'purge: at every peer too')
    .option('--file <file>', 'warm: a list of URLs, one a line')
    .option('--concurrency <number>', 'warm, push: requests at once')
    .option(
      '--max-age <seconds>',
      'push: how long clients may keep a file (600); the edge keeps it for a year',
    )
    .option('--dry-run', 'push: only say what would be sent')
    .option('--json', 'as JSON, as the edge says it')
    .addHelpText(
      'after',
      `
Examples:
  ./lab edge ctl status --config edge.json
  ./lab edge ctl purge http://www.cdn.test/index.html --admin /run/edge.sock
  ./lab edge ctl purge --tag shop --tag prices --soft --broadcast --pop pop-fra
  ./lab edge ctl warm --file urls.txt --admin 127.0.0.1:9100 --token-file admin.token
  ./lab edge ctl push ./public --admin /run/edge.sock
  ./lab edge ctl push ./public --prefix http://www.cdn.test/docs/ --max-age 60 --dry-run --pop pop-fra
  ./lab edge ctl drain --pop pop-fra`,
    )
    .action(async (action: string, words: string[], options: EndpointOptions & CtlOptions, self: Command) => {
      const cli = cliOf(self);
      const { runCtl } = await import('../edge/ctl.ts');
      const { adminEndpoint } = await import('../edge/endpoint.ts');
      if (!(await runCtl(() => adminEndpoint(cli, options), [action, ...words], options, cli)))
        process.exitCode = 1;
    });
}
