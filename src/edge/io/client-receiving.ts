// A request's body while it arrives: decoded, counted against its limit, handed to whoever reads it at their pace. The
// connection goes on to the next request only when it is complete.

import { type BodyDecoder, bodyDecoder } from '../http1/body-decoder.ts';
import { Refusal } from '../http1/refusal.ts';
import type { ReceivedRequest } from '../http1/request-reader.ts';
import { ClientBody } from './client-body.ts';

/** Rest of a body that nobody wants: read so that the connection can go on, or dropped with it. */
const MAX_DISCARDED_BYTES = 65_536;

export class ClientReceiving {
  readonly body: ClientBody;
  readonly #decoder: BodyDecoder;
  #limit: number;
  receivedBytes = 0;
  /** The client waits for 100 (Continue). */
  expected: boolean;
  /** The reader has enough for now: the socket is to rest. */
  full = false;
  /** Nobody wants it any more. */
  discarded = false;

  /** `onWanted`: the reader wants bytes. */
  constructor(request: ReceivedRequest, limit: number, onWanted: () => void) {
    this.#decoder = bodyDecoder(request.bodyLength);
    this.#limit = limit;
    this.expected = request.expectContinue;
    this.body = new ClientBody({
      onWanted: () => {
        this.full = false;
        onWanted();
      },
      onFull: () => {
        this.full = true;
      },
    });
  }

  get complete(): boolean {
    return this.#decoder.done;
  }

  /** The offset up to which bytes were used. */
  receive(bytes: Buffer, from: number): number | Refusal {
    const end = this.#decoder.decode(bytes, from, (content) => {
      this.receivedBytes += content.length;
      if (!this.discarded && this.receivedBytes <= this.#limit) this.body.give(content);
    });
    if (end instanceof Refusal) return end;
    if (this.receivedBytes > this.#limit) return BODY_TOO_LARGE;
    if (this.complete) this.body.finish();
    return end;
  }

  /** The answer is out: the rest only passes by, and there may not be much of it. */
  discard(): void {
    this.discarded = true;
    this.full = false;
    this.#limit = Math.min(this.#limit, this.receivedBytes + MAX_DISCARDED_BYTES);
    this.body.breakOff('answered before the body was complete');
  }
}

export const BODY_TOO_LARGE = new Refusal(413, 'body too large');
