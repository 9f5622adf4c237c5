// `./lab explain http` is in cli/edge/explain-http.ts. `./lab explain dns`: asks the GeoDNS server of one POP why it answers a client as it does. The server decides as it
// would for a real query and gives its reasons; nothing is guessed here.

import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import type { Explanation } from '../../dns/explain.ts';
import { askSocket } from '../../net/io/ask-socket.ts';
import { parseAddress } from '../../net/ip-address.ts';
import type { ResolvedTopology } from '../../topology/resolved.ts';
import { cliOf, type OpenLab, openLab } from '../context.ts';
import { defineExplainHttp } from '../edge/explain-http.ts';

interface Options {
  client: string;
  qname: string;
  name?: string;
  type: string;
  pop?: string;
}

export function define(command: Command): void {
  command.addHelpText('after', '\nExample:\n  ./lab explain dns --client london');
  defineExplainHttp(command.command('http'));
  command
    .command('dns')
    .summary('why DNS steering sends a client where it does')
    .description(
      'Why DNS steering sends a client to a POP: what the server knows, its candidates, its choice.',
    )
    .requiredOption('--client <address>', 'an address, or the name of a client location')
    .option(
      '--qname <name>',
      'the DNS name it asks for; --name with a dot in it means the same',
      'www.cdn.test',
    )
    .option('--type <type>', 'A or AAAA', 'A')
    .option('--pop <pop>', 'whose name server; by default the first healthy one')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ./lab explain dns --client 100.64.3.7\n  ./lab explain dns --client tokyo --qname latency.cdn.test --pop pop-fra',
    )
    .action(async (options: Options, self: Command) => {
      const cli = cliOf(self);
      // Lab names have no dots, DNS names do: `--name www.cdn.test` cannot mean a lab.
      const isDnsName = options.name?.includes('.') === true;
      const qname = isDnsName ? (options.name ?? '') : options.qname;
      if (isDnsName && cli.labName === options.name) cli.labName = undefined;
      const open = await openLab(cli);
      const client = clientAddress(open.topology, options.client, options.type);
      const pop = choosePop(open, options.pop);
      const query = new URLSearchParams({ name: qname, type: options.type, client });
      const explanation = await ask(`${open.lab.runFolder(pop)}/dns.sock`, `/explain?${query}`, pop);
      if (cli.output.json) cli.output.data({ server: pop, name: qname, ...explanation });
      else {
        const { explanationText } = await import('../explanation-text.ts');
        cli.output.print(explanationText(pop, client, explanation));
      }
    });
}

function clientAddress(topology: ResolvedTopology, text: string, type: string): string {
  if (parseAddress(text)) return text;
  const client = topology.clients.find((each) => each.name === text);
  if (client) return type === 'AAAA' ? client.address.ipv6 : client.address.ipv4;
  const names = topology.clients.map((each) => each.name);
  const near = nearestNames(text, names);
  throw new UserError(
    {
      message: `${text} is neither an address nor a client location`,
      expected: (near.length > 0 ? near : names).join(', '),
    },
    2,
  );
}

function choosePop({ status, topology }: OpenLab, asked: string | undefined): string {
  const names = topology.pops.map((pop) => pop.name);
  if (asked === undefined) return status.pops.find((pop) => pop.healthy)?.name ?? names[0] ?? '';
  const found = topology.pops.find((pop) => pop.name === asked || pop.code === asked);
  if (found) return found.name;
  throw new UserError(
    {
      message: `there is no POP "${asked}"`,
      expected: (nearestNames(asked, names).length > 0 ? nearestNames(asked, names) : names).join(', '),
    },
    2,
  );
}

async function ask(socketPath: string, path: string, pop: string): Promise<Explanation> {
  const failed = (why: string) =>
    new UserError({
      message: `the name server of ${pop} does not answer: ${why}`,
      hint: `./lab logs ${pop}/dns, or another --pop`,
    });
  const { status, text } = await askSocket(socketPath, path, {
    timeoutMs: 3000,
    silence: 'no answer in 3 s',
  }).catch((error: Error) => {
    throw failed(error.message);
  });
  if (status !== 200) throw failed(text.trim() || `status ${status}`);
  return JSON.parse(text) as Explanation;
}
