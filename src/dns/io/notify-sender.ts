// Sends NOTIFY to the secondaries of zones that have changed (RFC 1996): over UDP, again with growing pauses until one
// answers, and says so when it gives up. One exchange per zone and secondary at a time: a newer zone takes its place.

import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { parseAddress } from '../../net/ip-address.ts';
import { RCODES, rcodeName } from '../wire/constants.ts';
import { formatName, type Name } from '../wire/name.ts';
import { encodeNotify, readNotifyReply } from '../zone/notify.ts';
import { isNewerSerial } from '../zone/serial.ts';
import type { Zone } from '../zone/zone.ts';
import type { NotifyTarget } from '../zone/zone-config.ts';
import type { Log } from './log.ts';

/** RFC 1996 section 3.6 suggests five tries; its pauses of minutes are from slower times. */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 2000;

export interface NotifySenderOptions {
  log: Log;
  attempts?: number;
  /** Wait for the first reply; doubled after each try. */
  firstPauseMs?: number;
}

export interface NotifySender {
  /** After a load: tells the targets of each zone whose serial is newer than the last one told (or was never told). */
  zonesLoaded(zones: ReadonlyMap<Name, Zone>, targets: ReadonlyMap<Name, readonly NotifyTarget[]>): void;
  /** Ends all exchanges, without a word. */
  close(): void;
}

export function createNotifySender({ log, ...options }: NotifySenderOptions): NotifySender {
  const told = new Map<Name, number>();
  const exchanges = new Map<string, Exchange>();
  const start = (zone: Zone, target: NotifyTarget) => {
    const key = `${target.address} ${target.port} ${zone.origin}`;
    exchanges.get(key)?.stop();
    const exchange = notify(zone, target, log, options, () => {
      if (exchanges.get(key) === exchange) exchanges.delete(key);
    });
    exchanges.set(key, exchange);
  };
  return {
    zonesLoaded(zones, targets) {
      for (const zone of zones.values()) {
        const last = told.get(zone.origin);
        if (last !== undefined && !isNewerSerial(zone.serial, last)) continue;
        told.set(zone.origin, zone.serial);
        for (const target of targets.get(zone.origin) ?? []) start(zone, target);
      }
    },
    close() {
      for (const exchange of exchanges.values()) exchange.stop();
      exchanges.clear();
    },
  };
}

interface Exchange {
  stop(): void;
}

function notify(
  zone: Zone,
  target: NotifyTarget,
  log: Log,
  { attempts = ATTEMPTS, firstPauseMs = FIRST_PAUSE_MS }: Omit<NotifySenderOptions, 'log'>,
  onEnd: () => void,
): Exchange {
  const id = randomInt(65536);
  const message = encodeNotify(id, zone);
  const fields = { zone: formatName(zone.origin), serial: zone.serial, ...target };
  const socket = createSocket(parseAddress(target.address)?.length === 16 ? 'udp6' : 'udp4');
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  let lastError: string | undefined;
  const end = () => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    socket.close();
    onEnd();
  };
  // Connected, so that only the target's own replies are taken. What fails (no route, nothing listens there) fails for
  // this try only; the next may find the secondary up.
  let state: 'idle' | 'connecting' | 'connected' = 'idle';
  const failed = (error: Error | null | undefined) => {
    if (error) lastError = error.message;
  };
  const send = () => {
    if (state === 'connected') socket.send(message, failed);
    if (state !== 'idle') return;
    state = 'connecting';
    socket.connect(target.port, target.address, (error?: Error) => {
      state = error ? 'idle' : 'connected';
      failed(error);
      if (!error && !ended) socket.send(message, failed);
    });
  };
  const attempt = (n: number) => {
    if (ended) return;
    if (n > attempts) {
      log.warn('notify given up', { ...fields, attempts, ...(lastError && { error: lastError }) });
      end();
      return;
    }
    send();
    timer = setTimeout(attempt, firstPauseMs * 2 ** (n - 1), n + 1);
  };
  socket.on('error', failed);
  socket.on('message', (packet) => {
    const rcode = readNotifyReply(packet, id, zone);
    if (rcode === undefined) return;
    // Any reply ends it: a secondary that does not know NOTIFY or the zone will not learn it by repetition.
    if (rcode === RCODES.NOERROR) log.info('notify answered', fields);
    else log.warn('notify refused', { ...fields, rcode: rcodeName(rcode) });
    end();
  });
  attempt(1);
  return { stop: end };
}
