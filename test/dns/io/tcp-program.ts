// A TCP server as a process of its own, for tests that want its memory and its descriptors apart: `node tcp-program.ts LIMITS`, LIMITS
// as JSON. Over the channel of `fork` it tells its port, and at each message its memory and connections.

import { ConnectionTable } from '../../../src/dns/io/tcp-connections.ts';
import { listenTcp } from '../../../src/dns/io/tcp-listener.ts';
import { DEFAULT_TCP } from '../../../src/dns/listen-config.ts';
import { oneRecordHandler } from './worker-program.ts';

const table = new ConnectionTable({ ...DEFAULT_TCP, ...JSON.parse(process.argv[2] ?? '{}') });
const handler = oneRecordHandler(() => [192, 0, 2, 1]);
const { port } = await listenTcp({ address: '127.0.0.1', port: 0 }, handler, table);
process.on('message', () =>
  process.send?.({ rss: process.memoryUsage.rss(), size: table.size, counts: table.counts }),
);
process.send?.({ port });
