// A PacketHandler around another that speaks TSIG (RFC 8945): signed queries are checked and their replies signed, messages
// of transfers too, and zones that want a key are transferred to its holders only. The handler inside sees neither.

import { NO_REPLY, type PacketHandler, type Transport } from '../io/listener.ts';
import { errorResolution } from '../resolve.ts';
import {
  EDNS_UDP_BYTES,
  EXTENDED_ERRORS,
  FLAGS,
  HEADER_BYTES,
  PLAIN_UDP_BYTES,
  RCODES,
  TYPES,
} from '../wire/constants.ts';
import { decodeQuery, Query, questionName } from '../wire/decode-query.ts';
import { EMPTY_BODY, writeReply } from '../wire/encode-reply.ts';
import type { Name } from '../wire/name.ts';
import {
  appendTsigError,
  findTsig,
  signMessage,
  type TsigKey,
  type TsigRecord,
  tsigBytes,
  tsigError,
  withoutTsig,
} from './tsig.ts';

export interface TsigSettings {
  keys: ReadonlyMap<Name, TsigKey>;
  /** Zones that go only to the holders of a key (by its name), beside what their allowed prefixes say. */
  keyOfZone: ReadonlyMap<Name, Name>;
  epochSeconds: () => number;
  /** Over UDP errors are for those only whom the rate limit lets have them. */
  mayRefuse?: (source: Uint8Array) => boolean;
}

type Checked =
  | { kind: 'unsigned'; message: Buffer; length: number }
  | { kind: 'signed'; message: Buffer; length: number; key: TsigKey; mac: Buffer }
  /** The reply, ready. */
  | { kind: 'failed'; reply: Buffer };

export class TsigHandler implements PacketHandler {
  readonly #inner: PacketHandler;
  readonly #settings: TsigSettings;

  constructor(inner: PacketHandler, settings: TsigSettings) {
    this.#inner = inner;
    this.#settings = settings;
  }

  handle(packet: Buffer, length: number, source: Uint8Array, transport: Transport, out: Buffer): number {
    const checked = this.#check(packet, length);
    if (checked.kind === 'failed') {
      const allowed = transport !== 'udp' || this.#settings.mayRefuse?.(source) !== false;
      return allowed ? checked.reply.copy(out) : NO_REPLY;
    }
    const written = this.#inner.handle(checked.message, checked.length, source, transport, out);
    if (checked.kind === 'unsigned' || written <= NO_REPLY) return written;
    const limit = transport === 'udp' ? udpLimit(checked.message) : out.length;
    // No room for the signature: what is sent instead is signed, and says to come back over TCP.
    const fits = written + tsigBytes(checked.key.name) <= limit;
    const reply = fits ? Buffer.from(out.subarray(0, written)) : ownReply(checked.message, 'truncated');
    return signMessage(reply, checked.key, checked.mac, this.#settings.epochSeconds()).bytes.copy(out);
  }

  *transfer(packet: Buffer, length: number, source: Uint8Array): Iterable<Uint8Array> {
    const checked = this.#check(packet, length);
    if (checked.kind === 'failed') {
      yield checked.reply;
      return;
    }
    const messages = this.#inner.transfer(checked.message, checked.length, source);
    if (checked.kind === 'unsigned') {
      yield* messages;
      return;
    }
    let before = checked.mac;
    let isFirst = true;
    for (const message of messages) {
      const now = this.#settings.epochSeconds();
      const { bytes, mac } = signMessage(message, checked.key, before, now, isFirst);
      before = mac;
      isFirst = false;
      yield bytes;
    }
  }

  #check(leftoversBehind: Buffer, length: number): Checked {
    const packet = leftoversBehind.subarray(0, length);
    // A response is never answered, whoever signed it: the handler inside drops it.
    const isQuery = length >= HEADER_BYTES && (packet.readUInt16BE(2) & FLAGS.QR) === 0;
    const tsig = isQuery ? findTsig(packet, length) : undefined;
    if (tsig === 'malformed' || tsig?.isPlain === false)
      return { kind: 'failed', reply: ownReply(packet, 'tsig-malformed') };
    if (tsig === undefined) {
      if (isQuery && this.#wantsKey(packet, undefined)) {
        return { kind: 'failed', reply: ownReply(packet, 'tsig-wanted') };
      }
      return { kind: 'unsigned', message: packet, length };
    }
    return this.#checkSigned(packet, tsig);
  }

  #checkSigned(packet: Buffer, tsig: TsigRecord): Checked {
    const key = this.#settings.keys.get(tsig.keyName);
    const message = withoutTsig(packet, tsig);
    const now = this.#settings.epochSeconds();
    const error = tsigError(message, tsig, key, now);
    if (error !== undefined || !key) {
      const reply = ownReply(message, 'tsig-bad');
      return { kind: 'failed', reply: appendTsigError(reply, tsig, error ?? 0, key, now) };
    }
    if (this.#wantsKey(message, key.name)) {
      const reply = ownReply(message, 'tsig-wanted');
      return { kind: 'failed', reply: signMessage(reply, key, tsig.mac, now).bytes };
    }
    return { kind: 'signed', message, length: message.length, key, mac: tsig.mac };
  }

  /** A transfer of a zone that goes to the holders of another key only. */
  #wantsKey(packet: Buffer, keyName: Name | undefined): boolean {
    const { keyOfZone } = this.#settings;
    if (keyOfZone.size === 0) return false;
    decodeQuery(packet, packet.length, query);
    if (query.questionEnd === 0 || (query.type !== TYPES.AXFR && query.type !== TYPES.IXFR)) return false;
    const wanted = keyOfZone.get(questionName(packet, query));
    return wanted !== undefined && wanted !== keyName;
  }
}

// Synchronous use only, so one is enough.
const query = new Query();

const OWN_REPLIES = {
  'tsig-malformed': errorResolution(RCODES.FORMERR, 'tsig-malformed'),
  'tsig-wanted': errorResolution(RCODES.REFUSED, 'tsig-wanted', EXTENDED_ERRORS.PROHIBITED),
  'tsig-bad': errorResolution(RCODES.NOTAUTH, 'tsig-bad'),
  truncated: { ...errorResolution(RCODES.NOERROR, 'truncated'), authoritative: true },
};

/** Header, question and, for clients that speak EDNS, an OPT record. */
function ownReply(message: Buffer, reason: keyof typeof OWN_REPLIES): Buffer {
  decodeQuery(message, message.length, query);
  const edns = query.hasEdns ? { dnssecOk: query.edns.dnssecOk, scopePrefixLength: 0 } : undefined;
  const out = Buffer.alloc(PLAIN_UDP_BYTES);
  const isTruncated = reason === 'truncated';
  const reply = OWN_REPLIES[reason];
  const bytes = writeReply(out, message, query.questionEnd, reply, EMPTY_BODY, edns, out.length, isTruncated);
  return out.subarray(0, bytes);
}

/** What the client takes over UDP, as the pipeline has it. */
function udpLimit(message: Buffer): number {
  decodeQuery(message, message.length, query);
  if (!query.hasEdns) return PLAIN_UDP_BYTES;
  return Math.min(EDNS_UDP_BYTES, Math.max(PLAIN_UDP_BYTES, query.edns.udpPayloadBytes));
}
