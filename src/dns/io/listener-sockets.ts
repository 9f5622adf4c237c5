// The sockets that the server listens on, opened by libc where that can be had: kept apart from who reads them, because they
// outlive readers (a worker that dies, a process that hands over). Without koffi, or not on Linux, Node.js opens its own.

import type { HandedSocket } from './hot-restart.ts';
import type { ListenAddress, Transport } from './listener.ts';

const PORT_ATTEMPTS = 10;

type OpenModule = typeof import('./udp-open.ts');

/** What opens sockets here; or the reason why Node.js has to. */
export async function loadSocketOpener(): Promise<{ opener: OpenModule } | { reason: string }> {
  if (process.platform !== 'linux') return { reason: `this is ${process.platform}, batches are Linux's` };
  try {
    return { opener: await import('./udp-open.ts') };
  } catch (error) {
    return { reason: `koffi cannot be loaded: ${(error as Error).message.split('\n')[0]}` };
  }
}

/** Sockets that are to be had for an address: first those that a predecessor has handed over, then new ones. */
export class ListenSockets {
  readonly #opener: OpenModule;
  readonly #sharePort: boolean;
  readonly #taken: HandedSocket[];
  readonly #open: HandedSocket[] = [];

  constructor(opener: OpenModule, taken: readonly HandedSocket[], sharePort: boolean) {
    this.#opener = opener;
    this.#taken = [...taken];
    this.#sharePort = sharePort;
  }

  /** UDP and TCP on one port. @throws UserError */
  pair(place: ListenAddress, udpCount: number): { udp: HandedSocket[]; tcp: HandedSocket } {
    for (let attempt = 1; ; attempt++) {
      const udp = this.udp(place, udpCount);
      try {
        const tcp = this.stream('tcp', { address: place.address, port: udp[0]?.port ?? place.port });
        return { udp, tcp };
      } catch (error) {
        this.drop(udp);
        // A port of UDP's choosing may be somebody's in TCP.
        if (place.port !== 0 || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  /** At least `count` for UDP: all that were handed over have to be read. @throws UserError */
  udp(place: ListenAddress, count: number): HandedSocket[] {
    const taken = this.#take('udp', place);
    const port = taken[0]?.port ?? place.port;
    const missing = Math.max(0, count - taken.length);
    const sharePort = this.#sharePort || taken.length > 0;
    const opened = this.#opener
      .openUdpSockets(place.address, port, missing, sharePort)
      .map((socket) => this.#keep({ use: 'udp', ...socket }));
    return [...taken, ...opened];
  }

  /** @throws UserError */
  stream(use: Exclude<Transport, 'udp'>, place: ListenAddress): HandedSocket {
    const [taken, ...more] = this.#take(use, place);
    this.drop(more);
    if (taken) return taken;
    return this.#keep({ use, ...this.#opener.openTcpSocket(place.address, place.port, this.#sharePort) });
  }

  /** Everything that is open, for a successor. */
  all(): HandedSocket[] {
    return [...this.#open];
  }

  /** Gives up sockets of ours. */
  drop(sockets: readonly HandedSocket[]): void {
    for (const socket of sockets) {
      this.#open.splice(this.#open.indexOf(socket), 1);
      this.#opener.closeDescriptor(socket.fd);
    }
  }

  /** Those that nobody has asked for: of addresses that the configuration no longer has. */
  closeUnwanted(): void {
    for (const { fd } of this.#taken) this.#opener.closeDescriptor(fd);
    this.#taken.length = 0;
  }

  #take(use: Transport, { address, port }: ListenAddress): HandedSocket[] {
    const fits = (socket: HandedSocket) =>
      socket.use === use && socket.address === address && (port === 0 || socket.port === port);
    const found = this.#taken.filter(fits);
    for (const socket of found) {
      this.#taken.splice(this.#taken.indexOf(socket), 1);
      this.#keep(socket);
    }
    return found;
  }

  #keep(socket: HandedSocket): HandedSocket {
    this.#open.push(socket);
    return socket;
  }
}
