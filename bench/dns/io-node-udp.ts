// CPU per query of the listener on Node.js's own sockets beside node:dgram with nothing around it, in alternating slices:
// `node bench/dns/io-node-udp.ts [seconds per slice] [slices]`. Both answer with the same handler; the bare one gets the
// client's address for nothing.

import { execFileSync, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenUdp } from '../../src/dns/io/udp-listener.ts';
import { oneRecordHandler } from '../../test/dns/io/worker-program.ts';

const handler = oneRecordHandler(() => [192, 0, 2, 1]);
const [first = '3', second = '3'] = process.argv.slice(2);

if (first === 'ours') {
  const { port } = await listenUdp({ address: '127.0.0.1', port: 0 }, handler);
  process.send?.(port);
} else if (first === 'bare') {
  const source = new Uint8Array(4);
  const reply = Buffer.alloc(1232);
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.on('message', (packet, from) => {
    const bytes = handler.handle(packet, packet.length, source, 'udp', reply);
    socket.send(reply, 0, bytes, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1', () => process.send?.(socket.address().port));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'io-node-udp-'));
  const queries = join(folder, 'queries');
  writeFileSync(queries, 'www.example.test A\n');
  const servers = await Promise.all(
    ['ours', 'bare'].map(async (name) => {
      const child = fork(import.meta.filename, [name]);
      const port = await new Promise((resolve) => child.once('message', resolve));
      return { name, child, port, us: [] as number[] };
    }),
  );
  for (let i = 0; i < Number(second); i++)
    for (const { name, child, port, us } of servers) {
      const before = cpuUs(child.pid as number);
      const options = [
        '-s',
        '127.0.0.1',
        '-p',
        String(port),
        '-d',
        queries,
        '-l',
        first,
        '-c',
        '16',
        '-q',
        '50',
      ];
      const text = execFileSync('dnsperf', options, { encoding: 'utf8' });
      const completed = Number(/Queries completed:\s+(\d+)/.exec(text)?.[1]);
      us.push((cpuUs(child.pid as number) - before) / completed);
      console.log(name, us.at(-1)?.toFixed(2), 'us CPU a query', /Queries lost:.*/.exec(text)?.[0]);
    }
  for (const { name, child, us } of servers) {
    console.log(name, 'best', Math.min(...us).toFixed(2));
    child.kill();
  }
  rmSync(folder, { recursive: true, force: true });
}

function cpuUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
