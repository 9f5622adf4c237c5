// What every part of the bench needs: packages, databases, query sets, and how servers are started.

import type { Record } from '../support/figures.ts';
import { needPackages } from '../support/packages.ts';
import { type DatabaseName, geoipFile } from './geoip-files.ts';
import { makeQuerySets, type QuerySet, type QuerySetName } from './queries.ts';
import { type RunningServer, type ServerKind, startServer } from './server.ts';
import { bind } from './servers/bind.ts';
import { catchment, type Variant } from './servers/catchment.ts';
import { gdnsd } from './servers/gdnsd.ts';
import { knot } from './servers/knot.ts';
import { powerdns } from './servers/powerdns.ts';

export interface Bench {
  scratch: string;
  quick: boolean;
  sets: { [name in QuerySetName]: QuerySet };
  database(name: DatabaseName): string;
  /** Fails when the server does not start; `cpu` pins it. */
  start(kind: ServerKind, options?: StartOptions): Promise<RunningServer>;
  /** Ours in a variant. */
  ours(variant: Partial<Variant>): ServerKind;
  /** Starts, does, ends. A failure is noted as a problem, and the rest goes on; undefined then. */
  with<T>(
    kind: ServerKind,
    options: StartOptions,
    work: (server: RunningServer) => Promise<T>,
  ): Promise<T | undefined>;
  record: Record;
  say(line: string): void;
  /** Answers that were wrong: they decide the exit code. */
  problems: string[];
}

export interface StartOptions {
  threads?: number;
  cpu?: number;
  database?: DatabaseName;
}

const BASE: Variant = { name: 'ours', policy: 'map', workers: 1 };

export async function prepareBench(given: {
  scratch: string;
  main: string;
  quick: boolean;
  record: Record;
  say(line: string): void;
  problems: string[];
}): Promise<Bench> {
  const { scratch, main, say } = given;
  const kinds = [gdnsd(), knot(), powerdns, bind];
  needPackages(['dnsperf', ...new Set(kinds.flatMap((kind) => kind.packages))], say);
  // Debian keeps daemons where an ordinary user's PATH does not look.
  process.env['PATH'] = `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin`;
  const database = (name: DatabaseName) => geoipFile(name, say);
  const start = (kind: ServerKind, { threads, cpu, database: name }: StartOptions = {}) =>
    startServer(kind, {
      scratch,
      database: database(name ?? 'GeoLite2-Country.mmdb'),
      ...(threads !== undefined && { threads }),
      ...(cpu !== undefined && { cpu }),
    });
  return {
    ...given,
    sets: makeQuerySets(scratch),
    database,
    start,
    ours: (variant) => catchment(main, { ...BASE, ...variant }),
    with: async (kind, options, work) => {
      try {
        const server = await start(kind, options);
        try {
          return await work(server);
        } finally {
          await server.stop();
        }
      } catch (error) {
        given.problems.push(`${kind.name}: ${(error as Error).message}`);
        say(`${kind.name}: ${(error as Error).message}`);
        return undefined;
      }
    },
  };
}
