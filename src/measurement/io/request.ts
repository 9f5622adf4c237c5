// What a browser does for a new page: ask the resolver, connect, fetch; one call, one sample.

import type { ProbeTarget } from '../probe-job.ts';
import { type Phase, parseCacheStatus, type Sample } from '../sample.ts';
import { httpGet } from './http-get.ts';
import { resolveAddress } from './stub-resolver.ts';

/** Never throws: what goes wrong is in the sample. */
export async function request(
  target: ProbeTarget,
  id: string,
  phase: Phase,
): Promise<Omit<Sample, 'client'>> {
  const started = performance.now();
  const sample: Omit<Sample, 'client'> = {
    id,
    strategy: target.strategy,
    phase,
    family: target.family,
    at: Date.now(),
  };
  try {
    sample.address = await addressOf(target);
  } catch (error) {
    sample.error = { stage: 'resolve', reason: (error as Error).message };
    return sample;
  }
  const resolveMs = performance.now() - started;
  if (target.name !== undefined) sample.resolveMs = round(resolveMs);
  const result = await httpGet({
    address: sample.address,
    port: target.port ?? 80,
    host: target.host,
    path: target.path,
    timeoutMs: target.timeoutMs - resolveMs,
  });
  if (result.connectMs !== undefined) sample.connectMs = round(result.connectMs);
  if (result.firstByteMs !== undefined) sample.firstByteMs = round(result.firstByteMs);
  if (result.fetchMs !== undefined) sample.totalMs = round(resolveMs + result.fetchMs);
  if (result.head !== undefined) {
    sample.status = result.head.status;
    sample.bytes = result.bytes;
    sample.pop = result.head.fields.get('x-pop');
    sample.cache = parseCacheStatus(result.head.fields.get('cache-status'));
  }
  if (result.error !== undefined) sample.error = result.error;
  return sample;
}

/** The target's address, asked of its resolver when it is a name. */
export async function addressOf(target: ProbeTarget): Promise<string> {
  if (target.name === undefined) {
    if (target.address === undefined) throw new Error('the target has neither a name nor an address');
    return target.address;
  }
  if (target.resolver === undefined) throw new Error('the target has a name but no resolver');
  const resolver = { address: target.resolver, port: target.resolverPort ?? 53 };
  return resolveAddress(target.name, target.family, resolver, target.timeoutMs);
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
