// Answers every packet with the same bytes but for the id: `node bare-dgram-server.ts PORT`.

import { createSocket } from 'node:dgram';
import { TYPES } from '../../../src/dns/wire/constants.ts';
import { encodeQuery } from '../../../src/dns/wire/query.ts';
import { parseAddress } from '../../../src/net/ip-address.ts';
import { NAME, POPS, TTL_SECONDS } from '../world.ts';

const question = encodeQuery({ id: 0, name: NAME, type: TYPES.A });
// Owner as a pointer to the question, type A, class IN, TTL, four bytes of address.
const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, TTL_SECONDS, 0, 4]);
const answer = Buffer.concat([question, record, parseAddress(POPS[0]?.ipv4 ?? '') as Uint8Array]);
answer.writeUInt16BE(0x8400, 2);
answer.writeUInt16BE(1, 6);

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
socket.on('message', (query, from) => {
  const reply = Buffer.from(answer);
  reply[0] = query[0] as number;
  reply[1] = query[1] as number;
  socket.send(reply, from.port, from.address);
});
socket.bind(Number(process.argv[2]), '127.0.0.1');
