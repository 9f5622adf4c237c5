// What most tests of a running server ask: a name's addresses, for a client somewhere.

import { formatAddress, parseAddress } from '../../../src/net/ip-address.ts';
import { nameBytes, optRecord, type RawMessage, rawQuery, readMessage, subnetOption } from './message.ts';
import { askUdp, type Place } from './raw-socket.ts';

/** A network in each part of the small world of world.ts. */
export const CLIENTS = {
  europe: '193.0.0.0',
  asia: '133.11.0.0',
  america: '8.8.8.0',
  nowhere: '1.1.1.0',
} as const;

/** Throws when there is no reply. */
export async function askFor(place: Place, name: string, client?: string, type = 1): Promise<RawMessage> {
  const address = client === undefined ? undefined : (parseAddress(client) as Uint8Array);
  const additional = address ? [optRecord([subnetOption(address, address.length === 4 ? 24 : 56)])] : [];
  const reply = await askUdp(place, rawQuery({ name: nameBytes(name), type, additional }));
  if (!reply) throw new Error(`no reply for ${name}`);
  return readMessage(reply);
}

/** Of the answer section: `203.0.113.2 203.0.113.18`, or the RCODE when that is not 0. */
export async function addressesFor(place: Place, name: string, client?: string): Promise<string> {
  const message = await askFor(place, name, client);
  if (message.rcode !== 0) return `RCODE${message.rcode}`;
  const records = message.records.filter(
    ({ section, type }) => section === 'answer' && (type === 1 || type === 28),
  );
  return records.map(({ rdata }) => formatAddress(rdata)).join(' ');
}
