// A small server that restarts without loss, for the tests of hot-restart.ts: `node restart-program.ts CONTROL PORT WORKERS
// ADDRESS-BYTE`. It takes over from whoever serves at the socket CONTROL, and says "ready PORT" and, at its end, "ended".

import { offerHandover, takeOver } from '../../../src/dns/io/hot-restart.ts';
import { ListenSockets, loadSocketOpener } from '../../../src/dns/io/listener-sockets.ts';
import { createLog } from '../../../src/dns/io/log.ts';
import { ConnectionTable } from '../../../src/dns/io/tcp-connections.ts';
import { listenTcp } from '../../../src/dns/io/tcp-listener.ts';
import { startUdpWorkers } from '../../../src/dns/io/worker-udp.ts';
import { DEFAULT_TCP } from '../../../src/dns/listen-config.ts';
import { oneRecordHandler } from './worker-program.ts';

const [path = '', port = '0', workers = '1', last = '1'] = process.argv.slice(2);
const answer = [192, 0, 2, Number(last)];
const loaded = await loadSocketOpener();
if (!('opener' in loaded)) throw new Error(loaded.reason);

const predecessor = await takeOver(path);
const sockets = new ListenSockets(loaded.opener, predecessor?.sockets ?? [], false);
const pair = sockets.pair({ address: '127.0.0.1', port: Number(port) }, Number(workers));
const table = new ConnectionTable(DEFAULT_TCP);
const tcp = await listenTcp(
  pair.tcp,
  oneRecordHandler(() => answer),
  table,
);
sockets.closeUnwanted();
const perWorker = Array.from({ length: Number(workers) }, (_, i) =>
  pair.udp.filter((_, k) => k % Number(workers) === i),
);
const threads = await startUdpWorkers({
  program: new URL('worker-program.ts', import.meta.url),
  sockets: perWorker.map((list) => list.map(({ fd }) => ({ fd, family: 4, wildcard: false }))),
  initial: () => answer,
  log: createLog('restart'),
});
await predecessor?.ready();

async function end(mode: 'leave' | 'drain'): Promise<void> {
  await Promise.all([threads.close(mode), tcp.close()]);
  await table.close();
  process.stdout.write('ended\n', () => process.exit(0));
}

const handover = await offerHandover({
  path,
  sockets: () => sockets.all(),
  release: async () => {},
  leave: () => void end('leave'),
  log: createLog('restart'),
});
process.once('SIGTERM', () => void handover.close().then(() => end('drain')));
process.stdout.write(`ready ${pair.tcp.port}\n`);
