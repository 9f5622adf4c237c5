// A request's body on its way to the origin, with the origin's pace carried back to the client: while nobody reads,
// the socket is not read either. A body that breaks off ends with an error, never with an end.

import { Readable } from 'node:stream';

/** What the connection does for its body. */
export interface BodySource {
  /** The reader wants bytes: read the socket on, and tell a client that waits for it (100 Continue). */
  onWanted(): void;
  /** The reader has enough for now. */
  onFull(): void;
}

/** Bytes taken before anybody reads. */
const HIGH_WATER_BYTES = 65_536;

export class ClientBody extends Readable {
  readonly #source: BodySource;

  constructor(source: BodySource) {
    super({ highWaterMark: HIGH_WATER_BYTES });
    this.#source = source;
    // Who passes the body on hears of its failure there; nobody else has to.
    this.on('error', () => {});
  }

  give(content: Buffer): void {
    if (this.destroyed) return;
    if (!this.push(content)) this.#source.onFull();
  }

  finish(): void {
    if (!this.destroyed) this.push(null);
  }

  breakOff(reason: string): void {
    if (!this.readableEnded) this.destroy(new Error(reason));
  }

  override _read(): void {
    this.#source.onWanted();
  }
}
