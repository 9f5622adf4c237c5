// Puts the server together: config, zones, GeoIP, checks, polls, listeners. The one place where the pure parts meet the
// world. `reload` reads zones and GeoIP again and keeps the old ones when the new ones are bad.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { parseAddress } from '../../net/ip-address.ts';
import { type DnsConfig, parseDnsConfig } from '../config.ts';
import { countOutcome, createMetrics, type Metrics } from '../metrics.ts';
import { handlePacket, serverFailure } from '../query-pipeline.ts';
import type { ServerState } from '../server-state.ts';
import { RttTable } from '../steering/rtt-table.ts';
import { noGeoip, openGeoip } from './geoip-database.ts';
import { startHealthChecks } from './health-checker.ts';
import type { Listener, PacketHandler } from './listener.ts';
import { loadZones } from './load-zones.ts';
import type { Log } from './log.ts';
import { startRttPolls } from './rtt-poller.ts';
import { listenTcp } from './tcp-listener.ts';
import { listenUdp } from './udp-listener.ts';

export interface DnsService {
  /** Where it listens, with real ports where the config says 0. */
  listening: { address: string; port: number }[];
  admin?: { address: string; port: number };
  metrics: Metrics;
  state(): ServerState;
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Throws UserError with every problem of config and zones, or with the address that cannot be had. */
export async function startDnsService(configFile: string, log: Log): Promise<DnsService> {
  const config = readConfig(configFile);
  const metrics = createMetrics();
  const rttTable = new RttTable();
  let loaded = await load(config, configFile);
  const checker = startHealthChecks(config.pops, config.health, config.sourceAddresses, metrics, log);
  const poller = startRttPolls(config.pops, config.rttPollSeconds, config.sourceAddresses, rttTable, log);
  const assemble = (): ServerState => ({
    ...loaded,
    pops: config.pops.map(({ ipv4, ipv6, ...pop }) => ({ ...pop, ...addresses({ ipv4, ipv6 }) })),
    anycast: addresses(config.anycast),
    nsid: config.nsid,
    health: checker.health,
    rtt: (address) => rttTable.lookup(address, Date.now()),
  });
  let state = assemble();
  const handle: PacketHandler = (packet, source, transport) => {
    try {
      const { bytes, outcome } = handlePacket(state, packet, source, transport);
      countOutcome(metrics, outcome, transport);
      return bytes;
    } catch (error) {
      metrics.internalErrors++;
      log.warn('a query met a bug', {
        error: (error as Error).stack,
        packet: packet.toString('hex', 0, 512),
      });
      return serverFailure(packet);
    }
  };
  const listeners: Listener[] = [];
  const close = async () => {
    checker.stop();
    poller.stop();
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  try {
    const listening: { address: string; port: number }[] = [];
    for (const { address, port } of config.listen)
      listening.push(await listenBoth(address, port, handle, listeners));
    let admin: Listener | undefined;
    if (config.admin) {
      const { startAdminServer } = await import('./admin-server.ts');
      const subject = () => ({ state, metrics, rttTable, rttErrors: poller.errors });
      admin = await startAdminServer(config.admin, subject);
      listeners.push(admin);
    }
    const reload = async () => {
      try {
        loaded = await load(config, configFile);
        state = assemble();
        log.info('zones and GeoIP reloaded', { zones: loaded.zones.size });
      } catch (error) {
        log.warn('reload failed, the old zones and GeoIP stay', { error: (error as Error).message });
      }
    };
    return {
      listening,
      ...(admin && { admin: { address: admin.address, port: admin.port } }),
      metrics,
      state: () => state,
      reload,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** UDP and TCP on one port, of UDP's choosing where the config says 0. */
async function listenBoth(address: string, port: number, handle: PacketHandler, listeners: Listener[]) {
  const udp = await listenUdp(address, port, handle);
  listeners.push(udp);
  listeners.push(await listenTcp(address, udp.port, handle));
  return { address, port: udp.port };
}

async function load(config: DnsConfig, configFile: string) {
  const folder = dirname(configFile);
  const { zones, steering } = loadZones(config, configFile, folder);
  const geoip = config.geoip ? await openGeoip(resolve(folder, config.geoip)) : undefined;
  return { zones, steering, locate: geoip?.locate ?? noGeoip, geoipBuiltAt: geoip?.builtAt };
}

function readConfig(file: string): DnsConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError({ file, message: `cannot read the config: ${(error as Error).message}` });
  }
  return parseDnsConfig(text, file);
}

function addresses(holder: { ipv4?: string; ipv6?: string }): { ipv4?: Uint8Array; ipv6?: Uint8Array } {
  return {
    ipv4: holder.ipv4 === undefined ? undefined : parseAddress(holder.ipv4),
    ipv6: holder.ipv6 === undefined ? undefined : parseAddress(holder.ipv6),
  };
}
