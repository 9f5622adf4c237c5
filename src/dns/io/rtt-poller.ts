// Fetches what each POP measured (its rttUrl) every few seconds into the RTT table. A POP that cannot be asked keeps its
// last entries, which grow old.

import { z } from '../../base/schema.ts';
import { parsePrefix } from '../../net/prefix.ts';
import type { RttEntry, RttTable } from '../steering/rtt-table.ts';
import { httpGet, type SourceAddresses } from './http-get.ts';
import type { Log } from './log.ts';
import { repeat } from './repeat.ts';

const TIMEOUT_MS = 2000;
/** After a failure: at the start of a CDN all servers wait for each other's first tables. */
const RETRY_MS = 500;
const MAX_BODY_BYTES = 4 * 1024 * 1024; // some 40,000 prefixes

const reportSchema = z.object({
  entries: z.array(
    z.object({
      prefix: z.string(),
      rttMs: z.number().check(z.nonnegative()),
      measuredAt: z.iso.datetime(),
      samples: z._default(z.int().check(z.nonnegative()), 1),
    }),
  ),
});

export interface RttPoller {
  /** The last poll's error by POP; no entry when it went well. */
  errors: ReadonlyMap<string, string>;
  stop(): void;
}

/** `table` is told of each POP's new entries, and may be any listener. It must not throw. */
export function startRttPolls(
  pops: readonly { name: string; rttUrl?: string }[],
  intervalSeconds: number,
  sourceAddresses: SourceAddresses,
  table: Pick<RttTable, 'setPop'>,
  log: Log,
): RttPoller {
  const errors = new Map<string, string>();
  const loops = pops.flatMap((pop, i) => {
    const url = pop.rttUrl;
    if (url === undefined) return [];
    const poll = async (signal: AbortSignal): Promise<number | undefined> => {
      let entries: RttEntry[];
      try {
        const options = { timeoutMs: TIMEOUT_MS, maxBodyBytes: MAX_BODY_BYTES, sourceAddresses, signal };
        const { status, body } = await httpGet(url, options);
        if (status !== 200) throw new Error(`HTTP ${status}`);
        entries = parseReport(body.toString('utf8'));
        if (errors.delete(pop.name)) log.info(`RTTs of ${pop.name} are back`, { pop: pop.name });
      } catch (error) {
        if (signal.aborted) return undefined;
        const reason = (error as Error).message.split('\n')[0] ?? '';
        if (!errors.has(pop.name)) log.warn(`no RTTs from ${pop.name}`, { pop: pop.name, reason });
        errors.set(pop.name, reason);
        return RETRY_MS;
      }
      if (signal.aborted) return undefined;
      table.setPop(pop.name, entries);
      return undefined;
    };
    return [repeat(poll, intervalSeconds * 1000, (i / pops.length) * Math.min(1000, intervalSeconds * 1000))];
  });
  return {
    errors,
    stop: () => {
      for (const loop of loops) loop.stop();
    },
  };
}

/** Throws when the report as a whole is not one; entries whose prefix is none are left out. */
export function parseReport(text: string): RttEntry[] {
  const report = reportSchema.parse(JSON.parse(text));
  return report.entries.flatMap(({ prefix: prefixText, rttMs, measuredAt, samples }) => {
    const prefix = parsePrefix(prefixText);
    return prefix ? [{ prefix, rttMs, measuredAtMs: Date.parse(measuredAt), samples }] : [];
  });
}
