// One file of a site to an edge: asked for what it holds, then sent unless that is the same.

import { readFile, stat } from 'node:fs/promises';
import { type HeldObject, isHeld, PUSHED_TTL_SECONDS, type PushedObject } from '../../edge/io/push-object.ts';
import { contentTypeOf } from '../../edge/io/push-types.ts';
import type { SiteFile } from '../../edge/io/site-files.ts';
import type { AdminQuestion, AdminReply } from '../ask-admin.ts';
import type { PushPlan } from './push-options.ts';

export interface PushedEdge {
  ask(question: AdminQuestion): Promise<AdminReply>;
  /** Of a reply that is none of the expected ones. */
  refusal(reply: AdminReply): string;
  mostBytes: number;
}

export interface PushedUrl {
  url: string;
  bytes: number;
  /** `new` and `changed` were sent, or would be. */
  outcome: 'new' | 'changed' | 'unchanged' | 'failed';
  error?: string;
  /** Sent, and it may be evicted: too much is pinned. */
  notPinned?: true;
}

/** What failed says so; @throws UserError when the edge is gone. */
export async function pushFile(
  edge: PushedEdge,
  { path, name, urls }: SiteFile,
  plan: PushPlan,
): Promise<PushedUrl[]> {
  let bytes = 0;
  let body: Buffer;
  try {
    bytes = (await stat(path)).size;
    if (bytes > edge.mostBytes)
      throw new Error(`too large for the store: ${bytes} bytes, and at most ${edge.mostBytes} are taken`);
    body = await readFile(path);
  } catch (error) {
    return urls.map((url) => ({ url, bytes, outcome: 'failed', error: (error as Error).message }));
  }
  const { cacheControl, tags } = plan;
  const contentType = contentTypeOf(name);
  const same = { contentType, body, cacheControl, tags, ttlSeconds: PUSHED_TTL_SECONDS, pin: true };
  const pushed: PushedUrl[] = [];
  for (const url of urls) pushed.push(await pushObject(edge, { ...same, url }, plan));
  return pushed;
}

async function pushObject(edge: PushedEdge, object: PushedObject, plan: PushPlan): Promise<PushedUrl> {
  const { url, body, contentType, ttlSeconds } = object;
  const known = { url, bytes: body.length };
  const failed = (reply: AdminReply): PushedUrl => ({
    ...known,
    outcome: 'failed',
    error: edge.refusal(reply),
  });
  const found = await edge.ask({ target: `/objects?${new URLSearchParams({ url })}` });
  if (found.status !== 200 && found.status !== 404) return failed(found);
  const held = found.status === 200 ? (JSON.parse(found.text) as HeldObject) : undefined;
  if (held && isHeld(held, object)) return { ...known, outcome: 'unchanged' };
  const outcome = held ? 'changed' : 'new';
  if (plan.dryRun) return { ...known, outcome };
  const query = new URLSearchParams({
    url,
    ttl: String(ttlSeconds),
    cacheControl: plan.cacheControl,
    tags: plan.tags.join(','),
    pin: 'true',
  });
  const put = await edge.ask({ method: 'PUT', target: `/objects?${query}`, body, contentType });
  if (put.status !== 201) return failed(put);
  const { pinned } = JSON.parse(put.text) as { pinned: boolean };
  return { ...known, outcome, ...(!pinned && { notPinned: true }) };
}
