// The edge's HTTP server in front of a pipeline that has two objects in memory, of 1 kB and 100 kB, and answers as a
// plain hit does: what front.ts measures, in a process of its own so that it has a core of its own.

import type { Answer } from '../../src/edge/edge-request.ts';
import { createEdgeServer } from '../../src/edge/io/http-listener.ts';
import { createMetrics } from '../../src/edge/metrics.ts';
import type { StoredResponse } from '../../src/edge/stored-response.ts';
import { listenOn } from '../../src/net/io/listen.ts';

interface Stored {
  storedAtMs: number;
  chunks: Uint8Array[];
}

const object = (bytes: number): Stored => ({
  storedAtMs: Date.now(),
  chunks: [new Uint8Array(bytes).fill(97)],
});
const objects = new Map([
  ['/1k', object(1024)],
  ['/100k', object(102_400)],
]);

/** Fields are made only when somebody reads them: a kept response needs none. */
class Hit implements Answer {
  readonly status = 200;
  readonly body;
  readonly cacheStatus;
  readonly stored: StoredResponse;
  readonly #object: Stored;
  readonly #age: number;

  constructor(stored: Stored) {
    this.#object = stored;
    // The server uses it as a key only.
    this.stored = stored as unknown as StoredResponse;
    this.#age = Math.floor((Date.now() - stored.storedAtMs) / 1000);
    this.body = { kind: 'chunks' as const, chunks: stored.chunks };
    this.cacheStatus = { hit: true, ttl: 86_400 - this.#age };
  }

  get fields(): string[] {
    const date = new Date(this.#object.storedAtMs).toUTCString();
    return [
      ...['Content-Type', 'application/octet-stream', 'Cache-Control', 'max-age=86400', 'ETag', '"5f-abc"'],
      ...['Last-Modified', date, 'Date', date, 'Age', String(this.#age)],
    ];
  }
}

const missing: Answer = {
  status: 404,
  fields: [],
  body: { kind: 'none' },
  cacheStatus: { detail: 'missing' },
};

const server = createEdgeServer({
  pop: 'fra',
  pseudonym: 'catchment-fra',
  pipeline: {
    answer: (({ pathAndQuery }: { pathAndQuery: string }) => {
      const stored = objects.get(pathAndQuery);
      return stored ? new Hit(stored) : missing;
    }) as never,
  },
  metrics: createMetrics(),
  addressKind: () => 'unknown',
  isDraining: async () => false,
  onError: console.error,
});
const { port } = await listenOn(server, { address: '127.0.0.1', port: 0 });
console.log(port);
