// Speaking with the admin servers of other edges: pass a purge on, and ask for purges that were missed. Over a UNIX socket
// (`unix:/run/fra/edge.sock`) or HTTP with a token.

import { Agent, type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http';
import type { JournalCursor, JournalPage } from '../purge/purge-journal.ts';
import { readAdminToken } from './admin-access.ts';
import { hostOf } from './peer-access.ts';
import { isEntry } from './purge-journal-file.ts';

export interface PurgePeer {
  /** POP or edge, as its own configuration names it. */
  name: string;
  /** `http://203.0.113.7:9088`, or `unix:PATH`. */
  url: string;
  tokenFile?: string | undefined;
  /** Of this edge, where the peer knows it by: the system's choice without. */
  localAddress?: string | undefined;
}

/** How a peer took a purge. */
export interface PeerConfirmation {
  name: string;
  confirmed: boolean;
  /** From the sending of the purge to the answer. */
  milliseconds: number;
  /** Objects it had. */
  objects?: number;
  /** Why it did not confirm. */
  error?: string;
}

/** A path around half the world and back takes 0.4 s; who needs longer is down, and asks when it is back. */
export const PEER_TIMEOUT_MS = 3000;
/** A page of a thousand purges of 256 tags each would be longer; it is cut by the entries' own bounds before. */
const MOST_ANSWER_BYTES = 64 * 1024 * 1024;

/** Never rejects. `body` as purgeBody makes it. */
export async function sendPurge(
  peer: PurgePeer,
  body: string,
  timeoutMs: number = PEER_TIMEOUT_MS,
): Promise<PeerConfirmation> {
  const startedAt = performance.now();
  const since = () => Math.round((performance.now() - startedAt) * 100) / 100;
  try {
    const answer = await askPeer(peer, { method: 'POST', target: '/purge', body, timeoutMs });
    const { objects = 0, unwritten } = answer as { objects?: unknown; unwritten?: unknown };
    const common = { name: peer.name, milliseconds: since(), objects: Number(objects) };
    return unwritten === undefined
      ? { ...common, confirmed: true }
      : { ...common, confirmed: false, error: `carried out, but not written down: ${unwritten}` };
  } catch (error) {
    return {
      name: peer.name,
      confirmed: false,
      milliseconds: since(),
      error: (error as Error).message,
    };
  }
}

/** What the peer has carried out since; undefined when it does not answer, or not as a peer would. */
export async function fetchJournalPage(
  peer: PurgePeer,
  cursor: JournalCursor | undefined,
  timeoutMs: number = PEER_TIMEOUT_MS,
): Promise<JournalPage | undefined> {
  const query = cursor ? `?epoch=${encodeURIComponent(cursor.epoch)}&since=${cursor.sequence}` : '';
  try {
    const question = { method: 'GET', target: `/purges${query}`, timeoutMs } as const;
    const page = (await askPeer(peer, question)) as JournalPage;
    const good =
      typeof page.epoch === 'string' &&
      Number.isSafeInteger(page.latest) &&
      typeof page.complete === 'boolean' &&
      Array.isArray(page.entries) &&
      page.entries.every(isEntry);
    return good ? page : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Connections are kept, so that a purge takes one way there and back; that peers are asked what was missed (purge-service.ts)
 * keeps them from getting old.
 */
const KEPT = new Agent({ keepAlive: true, maxFreeSockets: 1 });

interface Question {
  method: 'GET' | 'POST';
  target: string;
  body?: string;
  timeoutMs: number;
}

/** Whatever a peer is asked may be asked twice. */
async function askPeer(peer: PurgePeer, question: Question): Promise<object> {
  const asked: { request?: ClientRequest } = {};
  try {
    return await exchange(peer, question, KEPT, asked);
  } catch (error) {
    // The peer has ended a kept connection meanwhile, or is another process by now.
    const { code } = error as NodeJS.ErrnoException;
    if (!asked.request?.reusedSocket || (code !== 'ECONNRESET' && code !== 'EPIPE')) throw error;
    return exchange(peer, question, false, {});
  }
}

function exchange(
  peer: PurgePeer,
  { method, target, body, timeoutMs }: Question,
  agent: Agent | false,
  asked: { request?: ClientRequest },
): Promise<object> {
  return new Promise((resolve, reject) => {
    const url = peer.url.startsWith('unix:') ? undefined : new URL(peer.url);
    const headers: RequestOptions['headers'] = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(peer.tokenFile !== undefined && { authorization: `Bearer ${readAdminToken(peer.tokenFile)}` }),
    };
    const where: RequestOptions = url
      ? { host: hostOf(peer.url), port: url.port || 80, localAddress: peer.localAddress }
      : { socketPath: peer.url.slice('unix:'.length) };
    const request = httpRequest({ ...where, method, path: target, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_ANSWER_BYTES) request.destroy(new Error('its answer is too long'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        try {
          const answer = Object(JSON.parse(Buffer.concat(chunks).toString('utf8'))) as { error?: string };
          if ((response.statusCode ?? 0) < 300) resolve(answer);
          else reject(new Error(`it answers ${response.statusCode}: ${answer.error ?? 'no reason'}`));
        } catch {
          reject(new Error(`it answers ${response.statusCode} and no JSON: is it an edge’s admin server?`));
        }
      });
    });
    asked.request = request;
    // The whole exchange, and not only its silences.
    const timer = setTimeout(() => request.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    request.on('close', () => clearTimeout(timer));
    request.on('error', reject);
    request.end(body);
  });
}
