// `./lab dns`: the GeoDNS server by itself, without a lab: run it, check its configuration, ask what it would answer, make
// its keys, and talk to one that runs. Each subcommand is in a file of its own and loaded when it is asked for.

import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import { cliOf } from '../context.ts';
import type { CtlOptions } from '../dns/ctl.ts';
import type { EndpointOptions } from '../dns/endpoint.ts';
import type { ExplainOptions } from '../dns/explain.ts';

export function define(command: Command): void {
  command
    .description('The GeoDNS server by itself: runs it in the foreground, or does what a subcommand says.')
    .option('-c, --config <file>', 'its configuration, JSON or YAML (docs/dns/configuration.md)')
    .addHelpText(
      'after',
      `
SIGHUP reloads, SIGTERM and Ctrl-C end it. src/dns/README.md is its guide.

Examples:
  ./lab dns --config dns.yaml
  ./lab dns check dns.yaml
  ./lab dns explain www.cdn.test --client 192.0.2.7 --config dns.yaml
  ./lab dns ctl --admin /run/dns.sock status`,
    )
    .action(async ({ config }: { config?: string }) => {
      if (config === undefined) {
        const hint = './lab dns --config dns.yaml runs a server; ./lab dns --help shows what else there is';
        throw new UserError({ message: '--config is missing', hint }, 2);
      }
      const { runServer } = await import('../dns/run.ts');
      await runServer(config);
    });
  defineCheck(command.command('check'));
  defineExplain(command.command('explain'));
  defineKeygen(command.command('keygen'));
  defineDs(command.command('ds'));
  defineCtl(command.command('ctl'));
}

function defineCheck(command: Command): void {
  command
    .summary('all that is wrong with a configuration, and what may be')
    .argument('<file>', 'the configuration')
    .option('--no-proof', 'do not prove that scopes are safe (seconds with a full GeoIP database)')
    .option('--strict', 'warnings are errors')
    .option('--json', 'as JSON: {ok, errors, warnings, facts}')
    .addHelpText(
      'after',
      `
Reads all that the server would read: zones, policies, GeoIP, keys, certificates, secrets. Exit code 1 for errors.

Examples:
  ./lab dns check dns.yaml
  ./lab dns check dns.yaml --json | jq '.warnings[].message'`,
    )
    .action(async (file: string, options: { proof: boolean; strict?: boolean }, self: Command) => {
      const cli = cliOf(self);
      const { runCheck } = await import('../dns/check.ts');
      if (!(await runCheck(cli, file, options))) process.exitCode = 1;
    });
}

function defineExplain(command: Command): void {
  command
    .summary('what a client would be answered, and why; no server has to run')
    .argument('<name>', 'the DNS name it asks for')
    .requiredOption('--client <address>', 'its address, or its network as a resolver sends it')
    .requiredOption('-c, --config <file>', 'the configuration')
    .option('--type <type>', 'record type', 'A')
    .option('--down <pops>', 'POPs to take for down, separated by commas; all others are up')
    .option('--resolver', 'the client is a resolver that sends no EDNS Client Subnet')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Health is taken for up, since nothing is checked. A running server knows better: ./lab dns ctl explain.

Examples:
  ./lab dns explain www.cdn.test --client 192.0.2.7 --config dns.yaml
  ./lab dns explain www.cdn.test --client 2001:db8::/56 --type AAAA --down pop-fra --config dns.yaml`,
    )
    .action(async (name: string, options: ExplainOptions, self: Command) => {
      const cli = cliOf(self);
      const { runExplain } = await import('../dns/explain.ts');
      await runExplain(cli, name, options);
    });
}

function defineKeygen(command: Command): void {
  command
    .summary('make a DNSSEC key for a zone')
    .argument('<zone>', 'the zone, such as cdn.test')
    .option('-o, --out <folder>', 'where to; the server reads it with "dnssec": {"keys": FOLDER}', '.')
    .option('--json', 'as JSON: {zone, keyTag, files, ds}')
    .addHelpText(
      'after',
      `
ECDSA P-256 (RFC 6605), one key for the zone. Every server of an anycast set needs the same files:
docs/dns/dnssec.md says how they get there.

Example:
  ./lab dns keygen cdn.test --out keys`,
    )
    .action(async (zone: string, options: { out: string }, self: Command) => {
      const cli = cliOf(self);
      const { runKeygen } = await import('../dns/keys.ts');
      await runKeygen(cli.output, zone, options.out);
    });
}

function defineDs(command: Command): void {
  command
    .summary('the DS records of a zone’s keys, for its parent')
    .argument('<zone>', 'the zone, such as cdn.test')
    .option('-k, --keys <folder>', 'where its keys are', '.')
    .option('--json', 'as JSON: {zone, ds}')
    .addHelpText('after', '\nExample:\n  ./lab dns ds cdn.test --keys keys')
    .action(async (zone: string, options: { keys: string }, self: Command) => {
      const cli = cliOf(self);
      const { runDs } = await import('../dns/keys.ts');
      await runDs(cli.output, zone, options.keys);
    });
}

function defineCtl(command: Command): void {
  command
    .summary('talk to a running server')
    .argument('<action>', 'status, health, metrics, reload, force, drain, auto or explain')
    .argument('[words...]', 'force POP up|down|drain|auto; drain POP; auto POP; explain NAME')
    .option('--admin <where>', 'its admin server: the path of a UNIX socket, or http://ADDRESS:PORT')
    .option('-c, --config <file>', 'its configuration, which says where its admin server is')
    .option('--token-file <file>', 'the token that a TCP admin server wants')
    .option('--pop <pop>', 'the server of a POP of the running lab')
    .option('--reason <text>', 'force, drain: why, for the overrides file and every explanation')
    .option('--client <address>', 'explain: whose answer')
    .option('--type <type>', 'explain: record type', 'A')
    .option('--down <pops>', 'explain: POPs to take for down')
    .option('--json', 'as JSON, as the server says it')
    .addHelpText(
      'after',
      `
A POP may be a pattern: ./lab dns ctl drain 'pop-*' --admin /run/dns.sock

Examples:
  ./lab dns ctl status --admin /run/dns.sock
  ./lab dns ctl drain pop-fra --reason "new disks" --config dns.yaml
  ./lab dns ctl auto pop-fra --config dns.yaml
  ./lab dns ctl explain www.cdn.test --client 192.0.2.7 --pop pop-fra`,
    )
    .action(async (action: string, words: string[], options: EndpointOptions & CtlOptions, self: Command) => {
      const cli = cliOf(self);
      const { runCtl } = await import('../dns/ctl.ts');
      const { adminEndpoint } = await import('../dns/endpoint.ts');
      await runCtl(() => adminEndpoint(cli, options), [action, ...words], options, cli.output);
    });
}
