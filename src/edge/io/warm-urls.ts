// Warming: the edge asks itself for a list of URLs, as a client would, so that the first real client is a hit. A few at
// a time, since the origin is what this protects.

import type { Answer } from '../edge-request.ts';

export interface WarmResult {
  url: string;
  status: number;
  bytes: number;
  /** It is in the store now: just fetched, or there before. */
  stored: boolean;
  /** The edge's word for why not, or what failed. */
  detail?: string;
}

export interface WarmReport {
  asked: number;
  /** Fetched and kept. */
  stored: number;
  /** In the store before. */
  hits: number;
  failed: number;
  bytes: number;
  milliseconds: number;
  /** Those that are not in the store, with the reason; at most MOST_TOLD. */
  notStored: WarmResult[];
}

export const WARM_CONCURRENCY = 4;
const MOST_TOLD = 100;

/** `ask` is the edge's pipeline for a GET of this URL; what it throws is that URL's failure. */
export async function warmUrls(
  urls: readonly string[],
  concurrency: number,
  ask: (url: string) => Answer | Promise<Answer>,
): Promise<WarmReport> {
  const startedAt = performance.now();
  const report: WarmReport = {
    asked: 0,
    stored: 0,
    hits: 0,
    failed: 0,
    bytes: 0,
    milliseconds: 0,
    notStored: [],
  };
  const queue = [...new Set(urls)].values();
  const work = async () => {
    for (const url of queue) {
      const result = await warmOne(url, ask);
      report.asked++;
      report.bytes += result.bytes;
      if (result.hit) report.hits++;
      else if (result.stored) report.stored++;
      if (result.status === 0 || result.status >= 500) report.failed++;
      if (!result.stored && report.notStored.length < MOST_TOLD) {
        const { hit: _, ...told } = result;
        report.notStored.push(told);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work));
  report.milliseconds = Math.round(performance.now() - startedAt);
  return report;
}

async function warmOne(
  url: string,
  ask: (url: string) => Answer | Promise<Answer>,
): Promise<WarmResult & { hit: boolean }> {
  let bytes = 0;
  try {
    const answer = await ask(url);
    if (answer.body.kind === 'chunks') for (const chunk of answer.body.chunks) bytes += chunk.length;
    if (answer.body.kind === 'stream') {
      for (;;) {
        const chunk = await answer.body.reader.next();
        if (chunk === undefined) break;
        bytes += chunk.length;
      }
    }
    const { hit = false, stored = false, detail } = answer.cacheStatus;
    return { url, status: answer.status, bytes, hit, stored: hit || stored, ...(detail && { detail }) };
  } catch (error) {
    return { url, status: 0, bytes, hit: false, stored: false, detail: (error as Error).message };
  }
}
