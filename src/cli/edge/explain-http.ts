// `./lab explain http URL`: asks from a client location of the running lab, so that the answer comes from the POP that this
// client gets, and shows that POP's explanation.

import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import { TRACE_FIELD } from '../../edge/explain-header.ts';
import { type Cli, cliOf, openLab } from '../context.ts';
import { checkNode } from '../targets.ts';
import { type AskedRequest, parseAsked } from './explain.ts';
import { type LiveAnswer, printLive } from './explain-live.ts';

interface Options {
  client?: string;
  method: string;
  header: string[];
}

export function defineExplainHttp(command: Command): void {
  const repeated = (value: string, earlier: string[]) => [...earlier, value];
  command
    .summary('why an edge answers a client as it does')
    .description('Why an edge answers a client as it does: route, key, what the store had, who was asked.')
    .argument('<url>', 'such as http://www.cdn.test/item/1')
    .option('--client <location>', 'the client location that asks; by default the first')
    .option('-X, --method <method>', 'its method', 'GET')
    .option('-H, --header <field>', 'a field of the request, `Name: value`; may be repeated', repeated, [])
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  ./lab explain http http://www.cdn.test/item/1 --client tokyo')
    .action(async (url: string, options: Options, self: Command) => {
      const cli = cliOf(self);
      const asked = parseAsked(url, options);
      printLive(cli.output, asked, await askFromClient(cli, asked, options.client));
    });
}

async function askFromClient(cli: Cli, asked: AskedRequest, client: string | undefined): Promise<LiveAnswer> {
  const { lab, status, topology } = await openLab(cli);
  const node = checkNode(status, client ?? topology.clients[0]?.name ?? '');
  // The first word is the node's own Node.js; every client has one, for the probe.
  const [program = 'node'] = lab.programCommand('probe');
  const fields = [...asked.fields, TRACE_FIELD, '1'];
  const words = [asked.url.href, asked.method, JSON.stringify(['Host', asked.url.host, ...fields])];
  const { exitCode, stdout, stderr } = await lab.exec(node, [program, '-e', SCRIPT, ...words], {
    signal: cli.signal,
  });
  if (exitCode === 0) return JSON.parse(stdout) as LiveAnswer;
  throw new UserError({
    message: `${node} gets no answer from ${asked.url.host}: ${stderr.trim().split('\n').at(-1) ?? ''}`,
    hint: `./lab exec ${node} -- ping -c 3 ${asked.url.hostname}`,
  });
}

const SCRIPT = `
const [url, method, headers] = process.argv.slice(1);
const request = require('http').request(url, { method, headers: JSON.parse(headers), agent: false, timeout: 15000 });
const fail = (error) => { console.error(error.message); process.exit(1); };
request.on('timeout', () => fail(new Error('no answer in 15 s'))).on('error', fail);
request.on('response', (response) => {
  response.resume().on('close', () => console.log(JSON.stringify({ status: response.statusCode, headers: response.headers })));
});
request.end();
`;
