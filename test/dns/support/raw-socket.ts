// Raw UDP and TCP clients: bytes in, bytes out, nothing parsed and nothing retried, so that a test can send what no
// resolver would and see exactly what comes back.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';

export interface Place {
  address?: string;
  port: number;
  /** Our own address, of 127.0.0.0/8: to be several clients. */
  from?: string;
}

/** One packet from a fresh socket; undefined when nothing came back in time. */
export async function askUdp(
  place: Place,
  packet: Uint8Array,
  timeoutMs = 1500,
): Promise<Buffer | undefined> {
  const client = await openUdp(place);
  try {
    return await client.ask(packet, timeoutMs);
  } finally {
    client.close();
  }
}

export interface UdpClient {
  socket: UdpSocket;
  send(packet: Uint8Array): void;
  /** The next packet to arrive. */
  ask(packet: Uint8Array, timeoutMs?: number): Promise<Buffer | undefined>;
  close(): void;
}

export async function openUdp({ address = '127.0.0.1', port, from }: Place): Promise<UdpClient> {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 << 20 });
  // A server that is not there yet answers with an ICMP error, which is for the caller's timeout to find out.
  socket.on('error', () => {});
  if (from) await new Promise<void>((resolve) => void socket.bind(0, from, resolve));
  await new Promise<void>((resolve) => {
    socket.connect(port, address, resolve);
  });
  return {
    socket,
    send: (packet) => socket.send(packet, () => {}),
    ask: (packet, timeoutMs = 1500) =>
      new Promise((resolve) => {
        const done = (reply?: Buffer) => {
          clearTimeout(timer);
          socket.off('message', done);
          resolve(reply);
        };
        const timer = setTimeout(done, timeoutMs);
        socket.on('message', done);
        socket.send(packet, () => {});
      }),
    close: () => socket.close(),
  };
}

/** One message on a connection of its own; undefined when the server closed it or did not answer in time. */
export async function askTcp(
  place: Place,
  packet: Uint8Array,
  timeoutMs = 3000,
): Promise<Buffer | undefined> {
  const client = await openTcp(place);
  client.socket.write(framed(packet));
  const [reply] = await client.messages(1, timeoutMs);
  client.close();
  return reply;
}

export interface TcpClient {
  socket: Socket;
  received: Buffer[];
  /** Resolves when the connection is over, however it ended. */
  closed: Promise<void>;
  /** All messages so far, once there are `count`, the connection is over, or time is up. */
  messages(count: number, timeoutMs?: number): Promise<Buffer[]>;
  close(): void;
}

/** Rejects when the connection is refused. */
export async function openTcp({ address = '127.0.0.1', port, from }: Place): Promise<TcpClient> {
  const socket = connect({ host: address, port, noDelay: true, ...(from && { localAddress: from }) });
  const received: Buffer[] = [];
  let rest: Buffer = Buffer.alloc(0);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  let wake = () => {};
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      received.push(Buffer.from(rest.subarray(2, end)));
      rest = rest.subarray(end);
    }
    wake();
  });
  return {
    socket,
    received,
    closed,
    messages: (count, timeoutMs = 3000) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          resolve(received);
        };
        const timer = setTimeout(done, timeoutMs);
        wake = () => received.length >= count && done();
        closed.then(done);
        wake();
      }),
    close: () => socket.destroy(),
  };
}

/** With the two bytes of length that TCP wants (RFC 1035 section 4.2.2). */
export function framed(packet: Uint8Array): Buffer {
  const bytes = Buffer.alloc(2 + packet.length);
  bytes.writeUInt16BE(packet.length, 0);
  bytes.set(packet, 2);
  return bytes;
}
