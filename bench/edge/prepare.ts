// What every part of the bench needs: packages, the origin, and how servers are started.

import type { Record } from '../support/figures.ts';
import { needPackages } from '../support/packages.ts';
import { type BenchOrigin, startOrigin } from './origin.ts';
import { type RunningServer, type ServerKind, type StartOptions, startServer } from './server.ts';
import { catchment, type Variant } from './servers/catchment.ts';
import { nginx } from './servers/nginx.ts';
import { squid } from './servers/squid.ts';
import { trafficserver } from './servers/trafficserver.ts';
import { varnish } from './servers/varnish.ts';

export interface Bench {
  scratch: string;
  quick: boolean;
  origin: BenchOrigin;
  /** Ours in a variant. */
  ours(variant?: Partial<Variant>): ServerKind;
  /** Starts it, in front of the bench's origin where no other is named. */
  start(kind: ServerKind, options?: Partial<StartOptions>): Promise<RunningServer>;
  /** Starts, does, ends. A failure is noted as a problem, and the rest goes on; undefined then. */
  with<T>(
    kind: ServerKind,
    options: Partial<StartOptions>,
    work: (server: RunningServer) => Promise<T>,
  ): Promise<T | undefined>;
  record: Record;
  /** A table in Markdown, for what is more than figures. */
  table(markdown: string): void;
  say(line: string): void;
  /** Answers that were wrong: they decide the exit code. */
  problems: string[];
}

export async function prepareBench(given: {
  scratch: string;
  main: string;
  quick: boolean;
  record: Record;
  table(markdown: string): void;
  say(line: string): void;
  problems: string[];
}): Promise<Bench> {
  const { scratch, main, say, problems } = given;
  const kinds = [nginx('default'), varnish, trafficserver, squid('default')];
  needPackages(['wrk', ...kinds.flatMap((kind) => kind.packages)], say);
  // Debian keeps daemons where an ordinary user's PATH does not look.
  process.env['PATH'] = `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin`;
  const origin = await startOrigin();
  const start = (kind: ServerKind, options: Partial<StartOptions> = {}) =>
    startServer(kind, scratch, { originPort: origin.port, ...options });
  return {
    ...given,
    origin,
    ours: (variant) => catchment(main, { name: 'ours', ...variant }),
    start,
    with: async (kind, options, work) => {
      try {
        const server = await start(kind, options);
        try {
          return await work(server);
        } finally {
          await server.stop();
        }
      } catch (error) {
        problems.push(`${kind.name}: ${(error as Error).message}`);
        say(`${kind.name}: ${(error as Error).message}`);
        return undefined;
      }
    },
  };
}
