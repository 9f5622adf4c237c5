// gdnsd as an oracle for place: the same map over the same real database, asked for random IPv4 networks of every length and
// IPv6 networks. Each answer must be gdnsd's, and every scope that we announce must hold: random addresses inside it get
// the same answer with the same scope.

import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { TYPES } from '../../src/dns/wire/constants.ts';
import { decodeResponse, encodeQuery } from '../../src/dns/wire/query.ts';
import { formatAddress } from '../../src/net/ip-address.ts';
import { maskBytes } from '../../src/net/prefix.ts';
import { askAll } from './ask.ts';
import { geoipFile } from './geoip-files.ts';
import { type RunningServer, type ServerKind, startServer } from './server.ts';
import { catchment } from './servers/catchment.ts';
import { gdnsd } from './servers/gdnsd.ts';
import { NAME } from './world.ts';

const NETWORKS = 10_000;
/** Addresses tried in each announced scope. */
const PROBES = 3;
const SHOWN = 5;

interface Network {
  address: Uint8Array;
  length: number;
}

interface Answer {
  address: string | undefined;
  scope: number | undefined;
}

/** What differs, in words; none when all is well. Throws where the database cannot be fetched. */
export async function compareWithGdnsd(
  scratch: string,
  seed: number,
  say: (line: string) => void,
): Promise<string[]> {
  process.env['PATH'] = `${process.env['PATH']}:/usr/sbin:/sbin`;
  let database: string;
  try {
    database = geoipFile('GeoLite2-Country.mmdb', say);
  } catch (error) {
    say(`skipped, no database: ${(error as Error).message}`);
    return [];
  }
  const networks = randomNetworks(seededRandom(seed));
  const main = join(PROJECT_FOLDER, 'src/dns/main.ts');
  const theirs = await ask(gdnsd(), scratch, database, networks);
  const problems: string[] = [];
  await withServer(
    catchment(main, { name: 'ours', policy: 'map', workers: 1 }),
    scratch,
    database,
    async (server) => {
      const ours = await answersOf(server, networks);
      const differ = networks.flatMap((network, i) => {
        const [own, other] = [ours[i] as Answer, theirs[i] as Answer];
        if (own.address === other.address && own.address !== undefined) return [];
        return [
          `${text(network)}: ${own.address} /${own.scope}, gdnsd says ${other.address} /${other.scope}`,
        ];
      });
      const mean = (answers: Answer[]) =>
        answers.reduce((sum, { scope }) => sum + (scope ?? 0), 0) / answers.length;
      say(
        `${networks.length - differ.length} of ${networks.length} networks as gdnsd; mean scope /${mean(ours).toFixed(1)}, gdnsd's /${mean(theirs).toFixed(1)}`,
      );
      const unsound = await scopeConflicts(server, networks, ours, seededRandom(seed + 1));
      say(
        `${networks.length * PROBES} addresses inside announced scopes asked, ${unsound.length} with another answer or scope`,
      );
      problems.push(...limited(differ), ...limited(unsound));
    },
  );
  return problems;
}

async function scopeConflicts(
  server: RunningServer,
  networks: readonly Network[],
  answers: readonly Answer[],
  random: Random,
): Promise<string[]> {
  const probes = networks.flatMap((network, i) => {
    const scope = answers[i]?.scope ?? 0;
    if (scope === 0) return [{ network, i }];
    // A scope finer than the source holds for the source's network only, as a cache sees it.
    const length = Math.max(network.length, scope);
    return Array.from({ length: PROBES }, () => {
      const noise = Uint8Array.from(network.address, () => Math.floor(random() * 256));
      const kept = maskBytes(network.address, Math.min(scope, network.length));
      const free = Math.min(scope, network.length);
      const mixed = kept.map(
        (byte, at) => byte | ((noise[at] as number) & (0xff >> Math.min(8, Math.max(0, free - 8 * at)))),
      );
      return { network: { address: maskBytes(mixed, length), length }, i };
    });
  });
  const found = await answersOf(
    server,
    probes.map(({ network }) => network),
  );
  return probes.flatMap(({ network, i }, at) => {
    const [first, inside] = [answers[i] as Answer, found[at] as Answer];
    if (first.scope === 0) return [`${text(network)}: scope 0, so everybody would get this answer`];
    // Inside a scope finer than the source another part may differ: that is what a finer scope says.
    if ((first.scope ?? 0) > (networks[i] as Network).length) return [];
    if (inside.address === first.address && inside.scope === first.scope) return [];
    return [
      `${text(networks[i] as Network)} has ${first.address} /${first.scope}, and ${text(network)} inside it ${inside.address} /${inside.scope}`,
    ];
  });
}

async function ask(
  kind: ServerKind,
  scratch: string,
  database: string,
  networks: readonly Network[],
): Promise<Answer[]> {
  let answers: Answer[] = [];
  await withServer(kind, scratch, database, async (server) => {
    answers = await answersOf(server, networks);
  });
  return answers;
}

async function withServer(
  kind: ServerKind,
  scratch: string,
  database: string,
  work: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const server = await startServer(kind, { scratch, database });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

async function answersOf(server: RunningServer, networks: readonly Network[]): Promise<Answer[]> {
  const queries = networks.map(({ address, length }) =>
    encodeQuery({
      id: 0,
      name: NAME,
      type: TYPES.A,
      edns: { clientSubnet: { address, prefixLength: length } },
    }),
  );
  const answers: Answer[] = [];
  // Ids are 16 bits.
  for (let at = 0; at < queries.length; at += 50_000) {
    const replies = await askAll(server.port, queries.slice(at, at + 50_000));
    for (const reply of replies) {
      const response = reply && decodeResponse(reply);
      answers.push({
        address: response?.answer.find(({ type }) => type === TYPES.A)?.text,
        scope: response?.edns?.clientSubnet?.scopePrefixLength,
      });
    }
  }
  return answers;
}

/** Mostly /24 of unicast IPv4 space, as resolvers send; some of other lengths; a fifth IPv6 /56 and others. */
function randomNetworks(random: Random): Network[] {
  const below = (limit: number) => Math.floor(random() * limit);
  return Array.from({ length: NETWORKS }, (_, i) => {
    const six = i % 5 === 0;
    const address = Uint8Array.from({ length: six ? 16 : 4 }, () => below(256));
    address[0] = six ? 0x20 | below(16) : 1 + below(223);
    if (address[0] === 127 || address[0] === 10) address[0] = 193;
    const usual = six ? 56 : 24;
    const length = i % 4 === 1 ? (six ? 20 + below(109) : 8 + below(25)) : usual;
    return { address: maskBytes(address, length), length };
  });
}

function text({ address, length }: Network): string {
  return `${formatAddress(address)}/${length}`;
}

function limited(lines: readonly string[]): string[] {
  return lines.length > SHOWN ? [...lines.slice(0, SHOWN), `and ${lines.length - SHOWN} more`] : [...lines];
}
