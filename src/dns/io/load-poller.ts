// Fetches each POP's load (its loadUrl) every few seconds, for health/shedding.

import { z } from '../../base/schema.ts';
import { httpGet, type SourceAddresses } from './http-get.ts';
import type { Log } from './log.ts';
import { repeat } from './repeat.ts';

const MAX_BODY_BYTES = 16 * 1024;

const loadSchema = z.object({ load: z.number().check(z.nonnegative()) });

export interface LoadPollSettings {
  intervalMs: number;
  timeoutMs: number;
  sourceAddresses: SourceAddresses;
}

export interface LoadPoller {
  /** The last poll's error by POP; no entry when it went well. */
  errors: ReadonlyMap<string, string>;
  stop(): void;
}

/** `onLoad` gets undefined when a POP's load could not be had. It must not throw. */
export function startLoadPolls(
  pops: readonly { name: string; loadUrl: string }[],
  settings: LoadPollSettings,
  onLoad: (pop: string, load: number | undefined) => void,
  log: Log,
): LoadPoller {
  const errors = new Map<string, string>();
  const { intervalMs, timeoutMs, sourceAddresses } = settings;
  const loops = pops.map(({ name, loadUrl }, i) => {
    const poll = async (signal: AbortSignal) => {
      let load: number | undefined;
      try {
        const options = { timeoutMs, maxBodyBytes: MAX_BODY_BYTES, sourceAddresses, signal };
        const { status, body } = await httpGet(loadUrl, options);
        if (status !== 200) throw new Error(`HTTP ${status}`);
        load = parseLoad(body.toString('utf8'));
        if (errors.delete(name)) log.info(`the load of ${name} is back`, { pop: name });
      } catch (error) {
        if (signal.aborted) return;
        const reason = ((error as Error).message.split('\n')[0] ?? '').slice(0, 200);
        if (!errors.has(name)) log.warn(`no load from ${name}`, { pop: name, reason });
        errors.set(name, reason);
      }
      if (!signal.aborted) onLoad(name, load);
    };
    return repeat(poll, intervalMs, (i / pops.length) * Math.min(1000, intervalMs));
  });
  return {
    errors,
    stop: () => {
      for (const loop of loops) loop.stop();
    },
  };
}

/** @throws when it is not {"load": number from 0}. */
export function parseLoad(text: string): number {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('its load is not JSON');
  }
  const parsed = loadSchema.safeParse(json);
  if (!parsed.success) throw new Error('its load is not {"load": number}');
  return parsed.data.load;
}
