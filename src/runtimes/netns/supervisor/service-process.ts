// One process of the lab: started in its node's namespace, restarted when it dies, held down when a failure says so.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname } from 'node:path';
import type { PlannedService } from '../../lab-plan.ts';
import type { EventLog } from './event-log.ts';

/** First wait before a restart; doubled up to the last each time, forgotten after a minute of life. */
const RESTART_DELAY_MS = { first: 250, last: 5000, forgetAfter: 60_000 };

/** Ahead of the services, behind the relay (-20). */
const URGENT_NICENESS = -10;

export type ProcessState = 'running' | 'stopped' | 'failed';

export class ServiceProcess {
  readonly node: string;
  readonly service: PlannedService;
  restarts = 0;
  /** Why it last ended. */
  lastExit: string | undefined;
  #child: ChildProcess | undefined;
  #held = false;
  #paused = false;
  #restartTimer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #delayMs = RESTART_DELAY_MS.first;
  readonly #argv: string[];
  readonly #logFile: string;
  readonly #events: EventLog;

  constructor(node: string, service: PlannedService, argv: string[], logFile: string, events: EventLog) {
    this.node = node;
    this.service = service;
    this.#argv = argv;
    this.#logFile = logFile;
    this.#events = events;
    mkdirSync(dirname(logFile), { recursive: true });
  }

  get subject(): string {
    return `${this.node}/${this.service.name}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** `stopped` is on purpose (a failure holds it), `failed` is between a death and the restart. */
  get state(): ProcessState {
    if (this.#failed && !this.#child) return 'stopped';
    return this.#child ? 'running' : 'failed';
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** While `./lab fail` holds it, nothing starts it: a paused process that is killed stays down too. */
  get #failed(): boolean {
    return this.#held || this.#paused;
  }

  start(): void {
    if (this.#child || this.#failed) return;
    clearTimeout(this.#restartTimer);
    const log = openSync(this.#logFile, 'a');
    // `nsenter` becomes the service, so the child's pid is the service's own.
    const child = spawn('nsenter', [`--net=/run/netns/${this.node}`, '--', ...this.#argv], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    if (this.service.urgent && child.pid) raisePriority(child.pid);
    this.#child = child;
    this.#startedAt = Date.now();
    child.once('error', (error) => this.#ended(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      this.#ended(signal ? `was killed by ${signal}` : `exited with code ${code}`),
    );
  }

  /** Stops it for good, until `release`. */
  hold(): void {
    this.#held = true;
    clearTimeout(this.#restartTimer);
    this.#child?.kill('SIGKILL');
  }

  /** Keeps the process but stops it running: what a hang looks like to its neighbours. */
  pause(): void {
    this.#paused = true;
    clearTimeout(this.#restartTimer);
    this.#child?.kill('SIGSTOP');
  }

  release(): void {
    this.#held = false;
    if (this.#paused) this.#child?.kill('SIGCONT');
    this.#paused = false;
    this.start();
  }

  #ended(how: string): void {
    if (!this.#child) return;
    this.#child = undefined;
    this.lastExit = how;
    if (this.#failed) {
      this.#events.add('service-stopped', this.subject, `${this.subject} ${how}, held down`);
      return;
    }
    if (Date.now() - this.#startedAt > RESTART_DELAY_MS.forgetAfter) this.#delayMs = RESTART_DELAY_MS.first;
    this.#events.add('service-died', this.subject, `${this.subject} ${how}; restart in ${this.#delayMs} ms`);
    this.#restartTimer = setTimeout(() => {
      this.restarts++;
      this.start();
      this.#events.add('service-restarted', this.subject, `${this.subject} started again`);
    }, this.#delayMs);
    this.#delayMs = Math.min(RESTART_DELAY_MS.last, this.#delayMs * 2);
  }
}

function raisePriority(pid: number): void {
  try {
    setPriority(pid, URGENT_NICENESS);
  } catch {
    // An ordinary user may not: then a very busy machine can look like a dead neighbour.
  }
}
