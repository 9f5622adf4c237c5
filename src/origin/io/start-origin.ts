// Puts the origin together and listens. Used by main.ts and by tests alike.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenOn } from '../../net/io/listen.ts';
import type { OriginConfig } from '../config.ts';
import { FaultRules } from '../faults.ts';
import { createCounters, type OriginCounters } from '../request-record.ts';
import { createAdminServer } from './admin-server.ts';
import { createOriginServers } from './origin-server.ts';

export interface RunningOrigin {
  addresses: AddressInfo[];
  adminAddress: AddressInfo | undefined;
  counters: OriginCounters;
  faults: FaultRules;
  close(): Promise<void>;
}

/** @throws UserError when an address cannot be listened on. */
export async function startOrigin(
  config: OriginConfig,
  now: () => number = Date.now,
): Promise<RunningOrigin> {
  const faults = new FaultRules();
  const counters = createCounters();
  const servers: Server[] = [];
  const close = async () => {
    await Promise.all(
      servers.map((server) => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeAllConnections();
        return closed;
      }),
    );
  };
  try {
    const factory = createOriginServers(config, faults, counters, now);
    const addresses: AddressInfo[] = [];
    for (const endpoint of config.listen) {
      const server = factory.create();
      addresses.push(await listenOn(server, endpoint));
      servers.push(server);
    }
    let adminAddress: AddressInfo | undefined;
    if (config.admin) {
      const server = createAdminServer(faults, counters);
      adminAddress = await listenOn(server, config.admin);
      servers.push(server);
    }
    return { addresses, adminAddress, counters, faults, close };
  } catch (error) {
    await close();
    throw error;
  }
}
