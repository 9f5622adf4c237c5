// One request and its answer: asks the pipeline, writes what it says, writes down how that went. An answer that comes
// in the same turn (a hit) is written in the same turn.

import type { Answer, EdgeRequest } from '../edge-request.ts';
import type { Fields } from '../fields.ts';
import type { ReceivedRequest } from '../http1/request-reader.ts';
import { interimHead, type ResponseTo } from '../http1/response-head.ts';
import { accessRecord, countAnswer } from './client-accounting.ts';
import { answerRequest, clientFields, internalErrorAnswer } from './client-answer.ts';
import type { ClientConnection } from './client-connection.ts';
import { respondFromKept } from './client-kept.ts';
import { respond, type Written } from './respond.ts';

export class ClientExchange {
  readonly #connection: ClientConnection;
  readonly #received: ReceivedRequest;
  readonly #to: ResponseTo;
  readonly #startedAt = performance.now();
  readonly request: EdgeRequest;
  headWritten = false;
  /** When the first byte went out, for what does not go out at once. */
  #headAt: number | undefined;

  constructor(connection: ClientConnection, received: ReceivedRequest, keepAlive: boolean) {
    this.#connection = connection;
    this.#received = received;
    const { method, minorVersion } = received;
    this.#to = { method, minorVersion, keepAlive };
    this.request = {
      method,
      authority: received.authority,
      pathAndQuery: received.pathAndQuery,
      fields: received.fields,
      clientAddress: connection.clientAddress,
      body: undefined,
      onInterim: (status, fields) => this.#interim(status, fields),
    };
  }

  /** The same request, to be refused: what its pipeline still says comes too late. */
  replaced(): ClientExchange {
    return new ClientExchange(this.#connection, this.#received, false);
  }

  start(): void {
    let answer: Answer | Promise<Answer>;
    try {
      answer = answerRequest(this.#connection.host.context, this.request);
    } catch (error) {
      answer = this.#internalError(error);
    }
    if (answer instanceof Promise) {
      void answer.catch((error) => this.#internalError(error)).then((settled) => this.answer(settled));
    } else this.answer(answer);
  }

  answer(answer: Answer): void {
    const { socket, host } = this.#connection;
    if (!this.#connection.isCurrent(this)) {
      drop(answer);
      return;
    }
    // A client that waits to send its body may send it now or not: no telling what follows.
    if (this.#connection.expectsContinue || host.closing) this.#to.keepAlive = false;
    let written: Written | Promise<Written> = BROKEN_OFF;
    if (socket.destroyed) drop(answer);
    else {
      try {
        written =
          respondFromKept(socket, host, answer, this.#to) ??
          respond(socket, {
            answer,
            to: this.#to,
            fields: clientFields(host.context, answer, new Date().toUTCString()),
          });
        this.headWritten = true;
      } catch (error) {
        // Field values that cannot be written: the origin's, since ours are made here.
        host.context.onError(error);
        drop(answer);
        socket.destroy();
      }
    }
    if (written instanceof Promise) {
      this.#headAt = performance.now();
      void written.then((result) => this.#finish(answer, result));
    } else this.#finish(answer, written);
  }

  /** To those who understand it and have no answer yet. */
  writeInterim(head: string): void {
    if (this.headWritten || this.#to.minorVersion === 0 || !this.#connection.isCurrent(this)) return;
    if (!this.#connection.socket.destroyed) this.#connection.socket.write(head, 'latin1');
  }

  #interim(status: number, fields: Fields): void {
    // 100 answers Expect, which is between us and the client; 101 would change the protocol.
    if (status < 102 || status > 199) return;
    try {
      this.writeInterim(interimHead(status, fields));
    } catch (error) {
      this.#connection.host.context.onError(error);
    }
  }

  #internalError(error: unknown): Answer {
    this.#connection.host.context.onError(error);
    return internalErrorAnswer(this.#to.method);
  }

  #finish(answer: Answer, written: Written): void {
    const { host, client, clientAddress } = this.#connection;
    const endedAt = performance.now();
    const { bytes, whole } = written;
    const seconds = (endedAt - this.#startedAt) / 1000;
    const firstByteSeconds = ((this.#headAt ?? endedAt) - this.#startedAt) / 1000;
    const end = { bytes, whole, firstByteSeconds, seconds, atMs: Date.now() };
    const result = countAnswer(host.context.metrics, client, answer, end);
    try {
      host.context.accessLog?.(accessRecord(clientAddress, this.#received, answer, result, end));
    } catch (error) {
      // The answer is out: a log that fails must not keep the connection.
      host.context.onError(error);
    }
    this.#connection.finished(written.keepAlive, endedAt);
  }
}

const BROKEN_OFF: Written = { bytes: 0, keepAlive: false, whole: false };

function drop({ body }: Answer): void {
  if (body.kind === 'stream') body.reader.cancel();
}
