// An underlay without namespaces or rights: the addresses of 127.0.0.0/8, all with one port. A node is a UDP socket that
// speaks VXLAN by hand.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export const RELAY = '127.0.0.1';
export const NODE_A = '127.0.0.2';
export const NODE_B = '127.0.0.3';
export const STRANGER = '127.0.0.4';

export interface LoopbackNode {
  /** To the relay. */
  send(datagram: Uint8Array): Promise<void>;
  /** The next datagram from the relay. */
  next(): Promise<Buffer>;
  close(): void;
}

/** A port that is free on the relay's address. */
export async function freePort(): Promise<number> {
  const socket = await bound(RELAY, 0);
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

export async function loopbackNode(address: string, port: number): Promise<LoopbackNode> {
  const socket = await bound(address, port);
  const arrived: Buffer[] = [];
  let wake = () => {};
  socket.on('message', (message) => {
    arrived.push(message);
    wake();
  });
  return {
    send: (datagram) =>
      new Promise((resolve, reject) =>
        socket.send(datagram, port, RELAY, (error) => (error ? reject(error) : resolve())),
      ),
    async next() {
      while (arrived.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return arrived.shift() as Buffer;
    },
    close: () => socket.close(),
  };
}

/** A datagram of a VXLAN device: header and a frame that says `text`. */
export function vxlan(vni: number, text: string, header = '08000000'): Buffer {
  const datagram = Buffer.alloc(8 + 14 + text.length);
  datagram.write(header, 0, 'hex');
  datagram.writeUIntBE(vni, 4, 3);
  datagram.write(text, 22, 'latin1');
  return datagram;
}

export function vniAndText(datagram: Buffer): [vni: number, text: string] {
  return [datagram.readUIntBE(4, 3), datagram.toString('latin1', 22)];
}

async function bound(address: string, port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
}
