// A server of its own for http-listener-idle.test.ts: the memory of a process is only its own in its own process. Says
// its port, then tells its memory whenever it is asked.

import { createEdgeServer } from '../../../src/edge/io/http-listener.ts';
import { createMetrics } from '../../../src/edge/metrics.ts';
import { listenOn } from '../../../src/net/io/listen.ts';

const server = createEdgeServer({
  pop: 'fra',
  pseudonym: 'catchment-fra',
  pipeline: {
    answer: () => ({
      status: 200,
      fields: [],
      body: { kind: 'chunks', chunks: [Buffer.from('ok')] },
      cacheStatus: { hit: true },
    }),
  },
  metrics: createMetrics(),
  addressKind: () => 'unknown',
  isDraining: async () => false,
  onError: console.error,
  limits: { connections: 20_000, connectionsPerClient: 20_000, keepAliveTimeoutMs: 60_000 },
});
const { port } = await listenOn(server, { address: '127.0.0.1', port: 0 });
process.send?.({ port });
process.on('message', () => {
  globalThis.gc?.();
  server.getConnections((_, connections) => {
    process.send?.({ connections, bytes: process.memoryUsage().rss });
  });
});
process.on('disconnect', () => process.exit());
