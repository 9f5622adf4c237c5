// A PacketHandler around another that speaks TSIG (RFC 8945): signed queries are checked and their replies signed, messages
// of transfers too, and zones that want a key are transferred to its holders only. The handler inside sees neither.

import { NO_REPLY, type PacketHandler, type Transport } from '../io/listener.ts';
import { FLAGS, HEADER_BYTES, PLAIN_UDP_BYTES, RCODES, TYPES } from '../wire/constants.ts';
import { type Name, readName } from '../wire/name.ts';
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
    if (checked.kind === 'failed') return checked.reply.copy(out);
    const written = this.#inner.handle(checked.message, checked.length, source, transport, out);
    if (checked.kind === 'unsigned' || written <= NO_REPLY) return written;
    const hasEdns = checked.message.readUInt16BE(10) > 0;
    const limit = transport === 'udp' && !hasEdns ? PLAIN_UDP_BYTES : out.length;
    // No room for the signature: what is sent instead is signed, and says to come back over TCP.
    const fits = written + tsigBytes(checked.key.name) <= limit;
    const reply = fits ? out.subarray(0, written) : truncated(out.subarray(0, written));
    const now = this.#settings.epochSeconds();
    return signMessage(Buffer.from(reply), checked.key, checked.mac, now).bytes.copy(out);
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
    if (tsig === 'malformed') return { kind: 'failed', reply: errorReply(packet, RCODES.FORMERR) };
    if (tsig === undefined) {
      if (isQuery && this.#wantsKey(packet, undefined)) {
        return { kind: 'failed', reply: errorReply(packet, RCODES.REFUSED) };
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
      const reply = errorReply(packet, RCODES.NOTAUTH);
      return { kind: 'failed', reply: appendTsigError(reply, tsig, error ?? 0, key, now) };
    }
    if (this.#wantsKey(message, key.name)) {
      const reply = errorReply(packet, RCODES.REFUSED);
      return { kind: 'failed', reply: signMessage(reply, key, tsig.mac, now).bytes };
    }
    return { kind: 'signed', message, length: message.length, key, mac: tsig.mac };
  }

  /** A transfer of a zone that goes to the holders of another key only. */
  #wantsKey(packet: Buffer, keyName: Name | undefined): boolean {
    const { keyOfZone } = this.#settings;
    if (keyOfZone.size === 0) return false;
    const question = readName(packet, HEADER_BYTES);
    if (!question || question.end + 4 > packet.length) return false;
    const type = packet.readUInt16BE(question.end);
    if (type !== TYPES.AXFR && type !== TYPES.IXFR) return false;
    const wanted = keyOfZone.get(question.name);
    return wanted !== undefined && wanted !== keyName;
  }
}

/** Header and, where it can be read, question. */
function errorReply(packet: Buffer, rcode: number): Buffer {
  const question = packet.readUInt16BE(4) === 1 ? readName(packet, HEADER_BYTES) : undefined;
  const end = question && question.end + 4 <= packet.length ? question.end + 4 : HEADER_BYTES;
  const reply = Buffer.alloc(end);
  packet.copy(reply, 0, 0, end);
  reply.writeUInt16BE(FLAGS.QR | (packet.readUInt16BE(2) & (0x7800 | FLAGS.RD)) | rcode, 2);
  reply.writeUInt16BE(end > HEADER_BYTES ? 1 : 0, 4);
  reply.fill(0, 6, HEADER_BYTES);
  return reply;
}

/** The reply's header and question with TC set. */
function truncated(reply: Buffer): Buffer {
  const short = errorReply(reply, 0);
  short.writeUInt16BE(reply.readUInt16BE(2) | FLAGS.TC, 2);
  return short;
}
