// Asking servers of the I/O tests: over UDP with a socket of its own, over a stream with many queries at once.

import { createSocket, type SocketType } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { decode, encode } from 'dns-packet';

export function queryBytes(name: string, id = 1): Buffer {
  return encode({ type: 'query', id, flags: 0, questions: [{ type: 'A', name }] });
}

/** The addresses in a reply. */
export function addressesOf(reply: Uint8Array): string[] {
  return (decode(Buffer.from(reply)).answers ?? []).map((answer) =>
    String((answer as { data: unknown }).data),
  );
}

/** The reply and whom it came from; undefined when there was none for `timeoutMs`. */
export async function askUdp(
  { address, port }: { address: string; port: number },
  query: Uint8Array,
  timeoutMs = 5000,
): Promise<{ reply: Buffer; from: string } | undefined> {
  const type: SocketType = address.includes(':') ? 'udp6' : 'udp4';
  const socket = createSocket(type);
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(undefined), timeoutMs);
      socket.on('error', reject);
      socket.on('message', (reply, from) => {
        clearTimeout(timer);
        resolve({ reply, from: from.address });
      });
      socket.send(query, port, address);
    });
  } finally {
    socket.close();
  }
}

export function framed(...messages: Uint8Array[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => [Buffer.from([message.length >> 8, message.length & 0xff]), message]),
  );
}

/** A client of a stream: what has come so far, as messages. */
export class StreamClient {
  readonly socket: Socket;
  readonly replies: Buffer[] = [];
  /** Fulfilled when the connection is gone. */
  readonly closed: Promise<void>;
  #pending = Buffer.alloc(0);
  #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk) => {
      this.#pending = Buffer.concat([this.#pending, chunk]);
      while (this.#pending.length >= 2) {
        const end = 2 + this.#pending.readUInt16BE(0);
        if (this.#pending.length < end) break;
        this.replies.push(this.#pending.subarray(2, end));
        this.#pending = this.#pending.subarray(end);
      }
      for (const wake of this.#waiting.splice(0)) wake();
    });
    socket.once('close', () => {
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  static async open(place: { address: string; port: number }, localAddress?: string): Promise<StreamClient> {
    const socket = connect({
      host: place.address,
      port: place.port,
      noDelay: true,
      ...(localAddress && { localAddress }),
    });
    const client = new StreamClient(socket);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return client;
  }

  /** Waits for that many replies, or the end of the connection. */
  async until(count: number): Promise<Buffer[]> {
    while (this.replies.length < count && !this.socket.destroyed)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.replies;
  }

  async ask(query: Uint8Array): Promise<Buffer | undefined> {
    const count = this.replies.length;
    this.socket.write(framed(query));
    return (await this.until(count + 1))[count];
  }

  end(): void {
    this.socket.destroy();
  }
}
