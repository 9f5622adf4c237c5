// A program with UDP workers, as the server is one: the threads of the worker tests and of bench/dns/io-batched-udp.ts.
// Each query is answered with one A record; what the record says is told by messages.

import type { PacketHandler } from '../../../src/dns/io/listener.ts';
import { isUdpWorker, runUdpWorker } from '../../../src/dns/io/worker-main.ts';

const RECORD = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4];
const HEADER_BYTES = 12;

/** Copies id and question, and answers with `address`. Packets of the name "crash." throw. */
export function oneRecordHandler(address: () => readonly number[]): PacketHandler {
  return {
    handle(packet, length, _source, _transport, out) {
      let at = HEADER_BYTES;
      while (at < length && packet[at] !== 0) at += (packet[at] as number) + 1;
      at += 5;
      if (at > length) return 0;
      if (packet[HEADER_BYTES] === 5 && packet.toString('latin1', 13, 18) === 'crash')
        throw new Error('crashed');
      for (let i = 0; i < at; i++) out[i] = packet[i] as number;
      out[2] = 0x84;
      out[3] = 0;
      out[6] = 0;
      out[7] = 1;
      for (let i = 8; i < HEADER_BYTES; i++) out[i] = 0;
      for (let i = 0; i < RECORD.length; i++) out[at++] = RECORD[i] as number;
      const bytes = address();
      for (let i = 0; i < 4; i++) out[at++] = bytes[i] as number;
      return at;
    },
    transfer: () => [],
  };
}

if (isUdpWorker())
  await runUdpWorker((initial, post) => {
    let address = initial as number[];
    let queries = 0;
    if (address.length !== 4) throw new Error('not four bytes');
    const handler = oneRecordHandler(() => address);
    return {
      ...handler,
      handle(packet, length, source, transport, out) {
        queries++;
        return handler.handle(packet, length, source, transport, out);
      },
      apply(message) {
        address = message as number[];
        post({ applied: message });
        return undefined;
      },
      counters: () => ({ queries }),
      end: () => {},
    };
  });
