// A client of BIRD's control socket, in place of a birdc process per question. Readiness asks some 80 BIRDs many times a
// second: it keeps one `BirdControl` per BIRD; `birdCommand` is for a single question.

import { connect, type Socket } from 'node:net';
import {
  type BirdProtocol,
  type BirdReply,
  type BirdSession,
  parseProtocols,
  parseReplies,
  parseSessions,
  sumRouteChanges,
} from '../birdc-output.ts';

export interface BirdAnswer {
  /** 0xxx done, 8xxx failed at run time, 9xxx not understood (BIRD's reply codes). */
  code: number;
  /** Text of the reply's lines without their codes. */
  lines: string[];
}

export interface BirdState {
  sessions: BirdSession[];
  protocols: BirdProtocol[];
  /** Sum of all route change counters; only when asked for. */
  routeChanges?: number;
}

const TIMEOUT_MS = 2000; // BIRD answers in well under a millisecond; a loaded machine may take longer

/** Asks one thing. Rejects when the socket is absent or refuses, and when no full answer comes in time. */
export async function birdCommand(
  socketPath: string,
  command: string,
  options: { timeoutMs?: number } = {},
): Promise<BirdAnswer> {
  const control = new BirdControl(socketPath, options);
  try {
    const reply = await control.ask(command);
    return { code: reply.code, lines: reply.lines.map((line) => line.text) };
  } finally {
    control.close();
  }
}

/** Sessions of one BIRD; with `counters` also the figure that tells whether updates still come. */
export async function readBirdState(socketPath: string, options: ReadOptions = {}): Promise<BirdState> {
  const control = new BirdControl(socketPath, options);
  try {
    return await control.readState(options);
  } finally {
    control.close();
  }
}

export interface ReadOptions {
  timeoutMs?: number;
  /** Also sum the route change counters: a longer answer, so ask once all sessions are up. */
  counters?: boolean;
}

interface Pending {
  resolve: (reply: BirdReply) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** A connection that stays: opened at the first question, opened anew after BIRD restarted. Questions queue. */
export class BirdControl {
  readonly #socketPath: string;
  readonly #timeoutMs: number;
  #socket: Socket | undefined;
  #pending: Pending[] = [];
  #greeted = false;
  #text = '';

  constructor(socketPath: string, options: { timeoutMs?: number } = {}) {
    this.#socketPath = socketPath;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  ask(command: string): Promise<BirdReply> {
    return new Promise((resolve, reject) => {
      const socket = this.#open();
      const late = () =>
        this.#fail(new Error(`${this.#socketPath}: no answer to "${command}" in ${this.#timeoutMs} ms`));
      this.#pending.push({ resolve, reject, timer: setTimeout(late, this.#timeoutMs) });
      socket.write(`${command}\n`);
    });
  }

  async readState(options: { counters?: boolean } = {}): Promise<BirdState> {
    const reply = await this.ask(options.counters ? 'show protocols all' : 'show protocols');
    const state: BirdState = { sessions: parseSessions(reply), protocols: parseProtocols(reply) };
    if (options.counters) state.routeChanges = sumRouteChanges(reply);
    return state;
  }

  close(): void {
    this.#fail(new Error(`${this.#socketPath}: closed`));
  }

  #open(): Socket {
    if (this.#socket) return this.#socket;
    const socket = connect(this.#socketPath);
    this.#socket = socket;
    socket.setEncoding('utf8');
    // An event of an abandoned connection must not touch the one that replaced it.
    const guarded = (act: () => void) => () => this.#socket === socket && act();
    socket.on('data', (chunk: string) => this.#socket === socket && this.#receive(chunk));
    socket.on('error', (error) => this.#socket === socket && this.#fail(error));
    socket.on(
      'close',
      guarded(() => this.#fail(new Error(`${this.#socketPath}: BIRD closed the connection`))),
    );
    return socket;
  }

  #receive(chunk: string): void {
    const { replies, rest } = parseReplies(this.#text + chunk);
    this.#text = rest;
    for (const reply of replies) {
      // The first reply is BIRD's greeting (code 0001), which nobody asked for.
      if (!this.#greeted) {
        this.#greeted = true;
        continue;
      }
      const pending = this.#pending.shift();
      if (!pending) continue;
      clearTimeout(pending.timer);
      pending.resolve(reply);
    }
  }

  /** After a failure nothing on this connection can be trusted, so all questions fail and the next one reconnects. */
  #fail(error: Error): void {
    const pending = this.#pending;
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#pending = [];
    this.#greeted = false;
    this.#text = '';
    for (const { reject, timer } of pending) {
      clearTimeout(timer);
      reject(error);
    }
  }
}
