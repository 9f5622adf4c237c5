// DNS over UDP (RFC 1035 section 4.2.1) by Node.js's own sockets, on the thread that calls: where there are no workers
// (worker-udp.ts), because none are wanted or because koffi cannot be loaded. Two system calls a packet, and some objects.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { familyOfText } from '../../net/io/socket-address.ts';
import { type Listener, listenError, type PacketHandler, UDP_REPLY_BYTES } from './listener.ts';
import type { StreamPlace } from './tcp-listener.ts';
import { SourceAddress } from './udp-source-address.ts';

/** Absorbs bursts while JavaScript is busy; with the kernel's 208 KiB, packets were lost at 60,000 queries a second. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** As batched sockets have it (batch-udp.ts): longer queries are dropped. */
const UDP_QUERY_BYTES = 2048;
/** A stop answers what has come: that many silent turns of the event loop show that it has. */
const SILENT_TURNS = 3;
const GRACE_MS = 500;

/** One socket, bound to one address, so that replies leave from the address that was asked. @throws UserError */
export async function listenUdp(place: StreamPlace, handler: PacketHandler): Promise<Listener> {
  const { fd, address, port, sharePort } = place;
  const family = familyOfText(address);
  const socket = createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    ...(family === 6 && { ipv6Only: true }),
    // An open socket (fd) has its options already.
    ...(fd === undefined && { recvBufferSize: RECEIVE_BUFFER_BYTES, ...(sharePort && { reusePort: true }) }),
    // Replies go to addresses, never to names: skipping the resolver saves a tick and a regular expression a packet.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => reject(listenError(error, 'udp', address, port)));
    if (fd !== undefined) socket.bind({ fd, exclusive: true }, resolve);
    else socket.bind({ address, port, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error');
  // Errors of single packets (an unreachable client) are the network's, and must not end the server.
  socket.on('error', () => {});
  const counted = answerWith(socket, handler);
  return {
    address,
    port: socket.address().port,
    close: async (graceMs = GRACE_MS) => {
      const endMs = performance.now() + graceMs;
      for (let silent = 0; silent < SILENT_TURNS && performance.now() < endMs; ) {
        const before = counted.received;
        await new Promise(setImmediate);
        silent = counted.received === before ? silent + 1 : 0;
      }
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

function answerWith(socket: Socket, handler: PacketHandler): { received: number } {
  const counted = { received: 0 };
  const source = new SourceAddress();
  let reply = Buffer.allocUnsafeSlow(UDP_REPLY_BYTES);
  socket.on('message', (packet: Buffer, from: RemoteInfo) => {
    counted.received++;
    // Port 0 cannot be answered, and sending to it throws.
    if (from.port === 0 || packet.length > UDP_QUERY_BYTES) return;
    const bytes = handler.handle(
      packet,
      packet.length,
      source.parse(from.address, from.family),
      'udp',
      reply,
    );
    if (bytes <= 0) return;
    // Without a callback nothing is queued for it, and an error of this packet is dropped.
    socket.send(reply, 0, bytes, from.port, from.address);
    // The socket was full and sends later, from the memory it was given.
    if (socket.getSendQueueCount() > 0) reply = Buffer.allocUnsafeSlow(UDP_REPLY_BYTES);
  });
  return counted;
}
