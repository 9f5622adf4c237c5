// Puts the server together: what is loaded, who checks health, what listens. The one place where the pure parts meet the
// world. `reload` loads everything again beside what is in force, and changes over only when all of it is good.

import { randomBytes, randomInt } from 'node:crypto';
import { UserError } from '../../base/errors.ts';
import type { DnsConfig } from '../config.ts';
import { SECRET_BYTES } from '../cookies.ts';
import { Metrics, type MetricsCopy } from '../metrics.ts';
import { createRateTable } from '../rate-limit.ts';
import type { OutsideAddresses } from '../server-state.ts';
import { compileRtts } from '../steering/rtt-overlay.ts';
import { RttTable } from '../steering/rtt-table.ts';
import { formatName, type Name } from '../wire/name.ts';
import { reloadWarnings } from '../zone/reload-warnings.ts';
import { adminSubject } from './admin-reports.ts';
import type { AdminSubject, ReloadReport } from './admin-subject.ts';
import { type AliasResolver, createAliasResolver } from './alias-resolver.ts';
import { stepBehind } from './behind-others.ts';
import { rememberingCompiler } from './compile-steering.ts';
import { type HealthService, startHealth } from './health-service.ts';
import { offerHandover } from './hot-restart.ts';
import type { Listener, PacketHandler } from './listener.ts';
import { type LoadedServer, loadServer } from './load-server.ts';
import type { Log } from './log.ts';
import { createNotifySender } from './notify-sender.ts';
import { type OpenedSockets, openSockets } from './open-sockets.ts';
import {
  type Changes,
  createQueryHandler,
  type HandlerMessage,
  type HandlerSetup,
  type QueryHandler,
} from './query-handler.ts';
import { openQueryLog, type QueryLogWriter } from './query-log-writer.ts';
import { repeat } from './repeat.ts';
import { type RttPoller, startRttPolls } from './rtt-poller.ts';
import { type StreamService, startStreams } from './stream-service.ts';
import { type UdpService, udpByWorkers, udpOnMainThread } from './udp-service.ts';
import type { StopMode } from './worker-messages.ts';

/** RTT entries grow old even where nobody reports: how often they are judged again. */
const RTT_AGEING_MS = 30_000;

export interface DnsService {
  /** Where it listens, with real ports where the config says 0. */
  listening: { address: string; port: number }[];
  admin?: { address: string; port: number };
  /** False where the main thread has to answer what workers were wanted for: it then needs its memory for speed. */
  mayBeSmall: boolean;
  /** What the admin server tells and does, for whoever has the service in its own process. */
  subject: AdminSubject;
  metrics(): Metrics;
  reload(): Promise<ReloadReport>;
  close(): Promise<void>;
}

export interface ServiceOptions {
  /** The file that threads are started from: it must call `runThread` (io/threads). Without it everything is done on the main thread. */
  program?: string;
  /** A successor has taken over, and everything has been answered. */
  onSucceeded?: () => void;
}

/** Throws UserError with every problem of the configuration and what it names, or with the address that cannot be had. */
export async function startDnsService(
  configFile: string,
  log: Log,
  options: ServiceOptions = {},
): Promise<DnsService> {
  const kept = { madeUpSecret: randomBytes(SECRET_BYTES), compile: rememberingCompiler() };
  const load = () => loadServer(configFile, { ...options, ...kept });
  const loadedAt = await load();
  return new Server(loadedAt, load, log, options).start();
}

/** One server: what is loaded, and all that runs. */
export class Server {
  loaded: LoadedServer;
  health: HealthService;
  poller: RttPoller;
  readonly rtts = new RttTable();
  readonly log: Log;
  handler: QueryHandler;
  udp: UdpService | undefined;
  readonly #load: () => Promise<LoadedServer>;
  readonly #options: ServiceOptions;
  readonly #notify;
  readonly #rateTable = createRateTable(randomInt(2 ** 32));
  /** This thread's: workers have their own. */
  readonly #metrics = new Metrics();
  #aliases: AliasResolver | undefined;
  outside: ReadonlyMap<Name, OutsideAddresses> = new Map();
  #queryLog: QueryLogWriter | undefined;
  streams: StreamService | undefined;
  #admin: Listener | undefined;
  #opened: OpenedSockets | undefined;
  #handover: { close(): Promise<void> } | undefined;
  #ageing: { stop(): void } | undefined;
  #reloading: Promise<ReloadReport> | undefined;

  constructor(loaded: LoadedServer, load: () => Promise<LoadedServer>, log: Log, options: ServiceOptions) {
    this.loaded = loaded;
    this.#load = load;
    this.log = log;
    this.#options = options;
    this.#notify = createNotifySender({ log });
    this.health = this.#startHealth(loaded);
    this.poller = this.#startPolls(loaded);
    this.handler = createQueryHandler(this.#setup(), this.#hear, this.#metrics);
  }

  async start(): Promise<DnsService> {
    const { config, pathOf } = this.loaded;
    try {
      if (config.queryLog) {
        this.#queryLog = await openQueryLog(pathOf(config.queryLog.file), this.log);
        this.handler = createQueryHandler(this.#setup(), this.#hear, this.#metrics);
      }
      const { predecessor } = await this.#listen();
      const subject = adminSubject(this);
      // It frees the paths of its admin socket and of the handover.
      await predecessor?.ready();
      if (config.admin) this.#admin = await startAdmin(config.admin, pathOf, subject);
      await this.#offerHandover();
      this.#afterLoad();
      this.#ageing = repeat(async () => this.#sayRtts(), RTT_AGEING_MS, RTT_AGEING_MS);
      return {
        listening: this.udp?.places ?? [],
        ...(this.#admin && { admin: { address: this.#admin.address, port: this.#admin.port } }),
        mayBeSmall: config.workers === 0 || (this.#opened?.workers ?? 0) > 0,
        subject,
        metrics: () => this.metrics(),
        reload: () => this.reload(),
        close: () => this.close(),
      };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  queryLogDropped(): number {
    return this.#queryLog ? Atomics.load(this.#queryLog.counters, 1) : 0;
  }

  /** What all threads have counted so far. */
  metrics(): Metrics {
    const sum = new Metrics();
    sum.add(this.handler.counters());
    for (const { handler } of this.udp?.counters() ?? []) sum.add(handler as MetricsCopy);
    return sum;
  }

  /** One at a time: who asks during a reload gets the next one, since files may have changed after they were read. */
  reload(): Promise<ReloadReport> {
    const next = (this.#reloading ?? Promise.resolve()).then(async () => {
      // Where workers answer, the main thread can let them go first.
      const comeForward = this.udp?.workers ? stepBehind() : () => {};
      try {
        return await this.#reload();
      } finally {
        comeForward();
      }
    });
    this.#reloading = next;
    return next;
  }

  /** leave: a successor reads on from the same sockets. */
  async close(mode: StopMode = 'drain'): Promise<void> {
    this.#ageing?.stop();
    this.health.stop();
    this.poller.stop();
    this.#notify.close();
    this.#aliases?.close();
    await Promise.all([
      this.udp?.close(mode),
      this.streams?.close(),
      this.#admin?.close(),
      this.#handover?.close(),
    ]);
    // Node.js closes those that it reads, workers do not.
    if (this.udp && this.udp.workers > 0)
      this.#opened?.sockets?.drop(this.#opened.pairs.flatMap(({ udp }) => udp));
    this.handler.end();
    await this.#queryLog?.close();
  }

  async #listen(): Promise<OpenedSockets> {
    const { config, pathOf } = this.loaded;
    const { program } = this.#options;
    const handler = this.#current();
    const opened = await openSockets(config, this.#handoverPath(), program !== undefined, this.log);
    this.#opened = opened;
    const { workers, sockets, pairs, predecessor } = opened;
    try {
      this.udp =
        workers > 0 && program !== undefined
          ? await udpByWorkers({
              program,
              count: workers,
              sockets: pairs.map(({ udp }) => udp),
              setup: () => this.#setup(),
              onMessage: this.#hear,
              log: this.log,
            })
          : await udpOnMainThread(sockets ? pairs.flatMap(({ udp }) => udp) : config.listen, handler);
      const places = sockets ? pairs.map(({ tcp }) => tcp) : this.udp.places;
      this.streams = await startStreams(config, places, handler, pathOf, sockets);
      sockets?.closeUnwanted();
    } catch (error) {
      predecessor?.abandon();
      throw error;
    }
    return opened;
  }

  async #offerHandover(): Promise<void> {
    const path = this.#handoverPath();
    const sockets = this.#opened?.sockets;
    if (path === undefined || !sockets) return;
    this.#handover = await offerHandover({
      path,
      sockets: () => sockets.all(),
      release: async () => {
        await this.#admin?.close();
      },
      leave: () => void this.close('leave').then(this.#options.onSucceeded),
      log: this.log,
    });
  }

  #handoverPath(): string | undefined {
    const { config, pathOf } = this.loaded;
    return config.handover === undefined ? undefined : pathOf(config.handover);
  }

  async #reload(): Promise<ReloadReport> {
    let loaded: LoadedServer;
    let health: HealthService;
    try {
      loaded = await this.#load();
      await this.#queryLog?.reopen();
      this.streams?.reload(loaded.config, loaded.pathOf);
      health = this.#startHealth(loaded, this.health.memory());
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.log.warn('reload refused, what was loaded before stays', { error: error.message });
      return { ok: false, problems: error.problems };
    }
    const before = this.loaded;
    this.loaded = loaded;
    this.health.stop();
    this.health = health;
    this.poller.stop();
    this.poller = this.#startPolls(loaded);
    this.handler.counters();
    this.handler.end();
    this.handler = createQueryHandler(this.#setup(), this.#hear, this.#metrics);
    await this.udp?.load(this.#setup());
    for (const { message, ...where } of reloadWarnings(before.data.zones, loaded.data.zones)) {
      this.log.warn(message, where);
    }
    this.#afterLoad();
    const needsRestart = (
      ['listen', 'workers', 'batchedIo', 'tls', 'https', 'admin', 'aliasResolvers', 'queryLog'] as const
    ).filter((key) => JSON.stringify(before.config[key]) !== JSON.stringify(loaded.config[key]));
    this.log.info('reloaded', {
      zones: loaded.data.zones.size,
      ...(needsRestart.length > 0 && { needsRestart }),
    });
    return { ok: true, problems: loaded.warnings };
  }

  #afterLoad(): void {
    const { config, data, notify, outsideTargets, warnings } = this.loaded;
    for (const { message, ...where } of warnings) this.log.warn(message, where);
    this.#notify.zonesLoaded(data.zones, notify);
    this.#aliases?.follow(outsideTargets);
    if (outsideTargets.length === 0) return;
    if (config.aliasResolvers.length === 0) {
      this.log.warn('ALIAS targets outside our zones are not looked up', {
        targets: outsideTargets.map(formatName),
        hint: 'name resolvers: "aliasResolvers": ["192.0.2.53"]',
      });
      return;
    }
    this.#aliases ??= createAliasResolver({
      resolvers: config.aliasResolvers,
      log: this.log,
      onChange: (outside) => {
        this.outside = outside;
        this.#say({ outside });
      },
    });
    this.#aliases.follow(outsideTargets);
  }

  #startHealth(
    { config, pathOf }: LoadedServer,
    memory?: ReturnType<HealthService['memory']>,
  ): HealthService {
    const { pops, checks, health, sourceAddresses, overrides, nsid } = config;
    const service = startHealth(
      {
        pops,
        checks,
        health,
        sourceAddresses,
        server: nsid,
        ...(overrides && { overrides: pathOf(overrides) }),
      },
      {
        log: this.log,
        resolvePath: pathOf,
        onCheck: (pop, ok) => void this.#metrics.families.health_checks.of(pop, ok ? 'ok' : 'failed').count++,
        ...(memory && { memory }),
      },
    );
    service.onChange((snapshot) => this.#say({ snapshot }));
    return service;
  }

  #startPolls({ config }: LoadedServer): RttPoller {
    const { pops, rttPollSeconds, sourceAddresses } = config;
    const table: Pick<RttTable, 'setPop'> = {
      setPop: (pop, entries) => {
        this.rtts.setPop(pop, entries);
        this.#sayRtts();
      },
    };
    return startRttPolls(pops, rttPollSeconds, sourceAddresses, table, this.log);
  }

  #sayRtts(): void {
    if (this.rtts.entries().length > 0) this.#say({ rtts: this.#overlay() });
  }

  #overlay() {
    const popNames = this.loaded.config.pops.map((pop) => pop.name);
    return compileRtts(this.rtts, popNames, Date.now());
  }

  #say(changes: Changes): void {
    this.handler.apply(changes);
    this.udp?.post(changes);
  }

  #setup(): HandlerSetup {
    const { config, data } = this.loaded;
    const log = config.queryLog;
    return {
      data,
      rateTable: this.#rateTable,
      changes: { snapshot: this.health.snapshot(), rtts: this.#overlay(), outside: this.outside },
      ...(log &&
        this.#queryLog && {
          queryLog: {
            every: log.sample,
            wholeAddresses: log.wholeAddresses,
            counters: this.#queryLog.counters,
          },
        }),
    };
  }

  #hear = (message: HandlerMessage): void => {
    if (message.kind === 'query-log') this.#queryLog?.write(message.chunk);
    else this.log.warn('a query met a bug', { error: message.error, packet: message.packet });
  };

  /** Listeners keep it over reloads. */
  #current(): PacketHandler {
    return {
      handle: (packet, length, source, transport, out) =>
        this.handler.handle(packet, length, source, transport, out),
      transfer: (packet, length, source) => this.handler.transfer(packet, length, source),
    };
  }
}

async function startAdmin(
  place: NonNullable<DnsConfig['admin']>,
  pathOf: (file: string) => string,
  subject: AdminSubject,
): Promise<Listener> {
  const { startAdminServer } = await import('./admin-server.ts');
  if ('path' in place) return startAdminServer({ path: pathOf(place.path) }, subject);
  const { tokenFile, ...where } = place;
  return startAdminServer(
    { ...where, ...(tokenFile !== undefined && { tokenFile: pathOf(tokenFile) }) },
    subject,
  );
}
