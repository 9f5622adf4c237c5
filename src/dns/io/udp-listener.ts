// DNS over UDP (RFC 1035 section 4.2.1): one socket bound to one address, so that a reply leaves from the address that was
// asked, which matters with anycast and several addresses on one interface.

import { createSocket } from 'node:dgram';
import { parseAddress } from '../../net/ip-address.ts';
import { type Listener, listenError, type PacketHandler } from './listener.ts';

/** Absorbs bursts while JavaScript is busy; with the kernel's 208 KiB, packets were lost at 60,000 queries a second. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export async function listenUdp(address: string, port: number, handle: PacketHandler): Promise<Listener> {
  const family = parseAddress(address)?.length === 4 ? 4 : 6;
  const socket = createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    ...(family === 6 && { ipv6Only: true }),
    recvBufferSize: RECEIVE_BUFFER_BYTES,
    // Replies go to addresses, never to names: skipping the resolver saves a tick and a regular expression a packet.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => reject(listenError(error, 'udp', address, port)));
    socket.bind({ address, port, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error');
  // Errors of single packets (an unreachable client) are the network's, and must not end the server.
  socket.on('error', () => {});
  socket.on('message', (packet, from) => {
    // Port 0 cannot be answered, and sending to it throws.
    const source = from.port === 0 ? undefined : parseAddress(withoutZone(from.address));
    const reply = source && handle(packet, source, 'udp');
    if (reply) socket.send(reply, from.port, from.address, ignore);
  });
  return {
    address,
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** Link-local sources come with a zone id: `fe80::1%eth0`. */
function withoutZone(address: string): string {
  const percent = address.indexOf('%');
  return percent < 0 ? address : address.slice(0, percent);
}

function ignore(): void {}
