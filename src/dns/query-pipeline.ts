// The whole life of a query, in one visible order: decode, then STEPS until one of them answers, then encode. Called by
// both listeners with the packet and where it came from; returns the bytes to send back, if any, and what happened.

import { clientNetwork, scopeFor } from './client-subnet.ts';
import { type Resolution, resolve } from './resolve.ts';
import type { ServerState } from './server-state.ts';
import { encodeClientSubnet } from './wire/client-subnet-option.ts';
import {
  CLASSES,
  EDNS_OPTIONS,
  EDNS_UDP_BYTES,
  FLAGS,
  PLAIN_UDP_BYTES,
  RCODES,
  TCP_BYTES,
  TYPES,
} from './wire/constants.ts';
import { decodeQuery, type Query } from './wire/decode-query.ts';
import { encodeReply, type Reply, type ReplyFrame } from './wire/encode-reply.ts';
import { MessageWriter } from './wire/message-writer.ts';
import { parseName } from './wire/name.ts';
import { findZone, type Zone } from './zone/zone.ts';

export type Transport = 'udp' | 'tcp';

export interface Handled {
  /** Undefined when the packet must not be answered. */
  bytes?: Buffer;
  outcome: Outcome;
}

export interface Outcome {
  /** Undefined when the question could not be read or was dropped. */
  type?: number;
  rcode?: number;
  truncated?: boolean;
  /** Why this answer: a step's or policy's word. */
  reason: string;
  /** Set when the packet was not a query that anybody sane sends. */
  malformed?: boolean;
  policy?: string;
  pop?: string;
}

interface Context {
  state: ServerState;
  packet: Buffer;
  query: Query;
  source: Uint8Array;
  /** Set by `chooseZone`. */
  zone?: Zone;
}

type Step = (context: Context) => Resolution | undefined;

/** In order; the first that returns an answer ends it. */
const STEPS: readonly [name: string, step: Step][] = [
  ['edns-version', refuseEdnsVersion],
  ['class', refuseOtherClasses],
  ['meta-type', refuseMetaTypes],
  ['zone', chooseZone],
  ['answer', answerFromZone],
];

export function handlePacket(
  state: ServerState,
  packet: Buffer,
  source: Uint8Array,
  transport: Transport,
): Handled {
  const decoded = decodeQuery(packet);
  if (decoded.kind === 'drop') return { outcome: { reason: decoded.reason, malformed: true } };
  if (decoded.kind === 'reject') {
    const frame: ReplyFrame = {
      packet,
      // The name is only for compression, and an error reply has nothing to compress.
      ...(decoded.questionEnd && { question: { name: '\0', end: decoded.questionEnd } }),
      limitBytes: PLAIN_UDP_BYTES,
      ...(decoded.ednsSeen && { edns: { dnssecOk: false, options: [] } }),
    };
    const { bytes } = encodeReply(writer, frame, errorReply(decoded.rcode, decoded.reason));
    return { bytes, outcome: { rcode: decoded.rcode, reason: decoded.reason, malformed: true } };
  }
  const { query } = decoded;
  const resolution = runSteps({ state, packet, query, source });
  const { bytes, truncated } = encodeReply(
    writer,
    frameFor(state, packet, query, transport, resolution),
    resolution,
  );
  return {
    bytes,
    outcome: {
      type: query.type,
      rcode: resolution.rcode,
      truncated,
      reason: resolution.reason,
      ...(resolution.decision && { policy: resolution.decision.policy, pop: resolution.decision.pop }),
    },
  };
}

/** A reply for when our own code fails: the client is told, instead of left to time out. */
export function serverFailure(packet: Buffer): Buffer | undefined {
  if (packet.length < 12 || (packet.readUInt16BE(2) & FLAGS.QR) !== 0) return undefined;
  const reply = errorReply(RCODES.SERVFAIL, 'internal-error');
  return encodeReply(writer, { packet, limitBytes: PLAIN_UDP_BYTES }, reply).bytes;
}

function runSteps(context: Context): Resolution {
  for (const [, step] of STEPS) {
    const resolution = step(context);
    if (resolution) return resolution;
  }
  return errorReply(RCODES.SERVFAIL, 'no-step-answered');
}

function refuseEdnsVersion({ query }: Context): Resolution | undefined {
  return query.edns && query.edns.version !== 0 ? errorReply(RCODES.BADVERS, 'edns-version') : undefined;
}

const ID_SERVER = parseName('id.server.');
const HOSTNAME_BIND = parseName('hostname.bind.');

/** CHAOS has one use left: which server is it that answers? (RFC 4892) */
function refuseOtherClasses({ state, query }: Context): Resolution | undefined {
  if (query.class === CLASSES.IN) return undefined;
  const asksIdentity = query.name === ID_SERVER || query.name === HOSTNAME_BIND;
  if (query.class !== CLASSES.CH || !asksIdentity || state.nsid === '')
    return errorReply(RCODES.REFUSED, 'class');
  if (query.type !== TYPES.TXT && query.type !== TYPES.ANY) return errorReply(RCODES.NOERROR, 'chaos-nodata');
  const text = Buffer.from(state.nsid).subarray(0, 255);
  const rdata = [{ parts: [Uint8Array.of(text.length), text] }];
  const answer = [{ owner: query.name, type: TYPES.TXT, class: CLASSES.CH, ttlSeconds: 0, rdata }];
  return { ...errorReply(RCODES.NOERROR, 'chaos-identity'), authoritative: true, answer };
}

/** Zone transfers are not offered; the other meta types are no data that a zone could hold (RFC 6895 section 3.1). */
function refuseMetaTypes({ query }: Context): Resolution | undefined {
  if (query.type === TYPES.AXFR || query.type === TYPES.IXFR)
    return errorReply(RCODES.REFUSED, 'zone-transfer');
  const meta = query.type === TYPES.OPT || query.type === 0 || (query.type >= 128 && query.type < 255);
  return meta ? errorReply(RCODES.NOTIMP, 'meta-type') : undefined;
}

function chooseZone(context: Context): Resolution | undefined {
  context.zone = findZone(context.state.zones, context.query.name, context.query.type);
  return context.zone ? undefined : errorReply(RCODES.REFUSED, 'not-our-zone');
}

function answerFromZone({ state, query, source, zone }: Context): Resolution | undefined {
  if (!zone) return undefined;
  return resolve(state, query, zone, clientNetwork(query.edns?.clientSubnet, source));
}

function frameFor(
  state: ServerState,
  packet: Buffer,
  query: Query,
  transport: Transport,
  resolution: Resolution,
): ReplyFrame {
  const question = { name: query.name, end: query.questionEnd };
  const edns = query.edns;
  if (!edns) return { packet, question, limitBytes: transport === 'tcp' ? TCP_BYTES : PLAIN_UDP_BYTES };
  const udpBytes = Math.min(EDNS_UDP_BYTES, Math.max(PLAIN_UDP_BYTES, edns.udpPayloadBytes));
  const options: { code: number; data: Uint8Array }[] = [];
  if (edns.nsidRequested && state.nsid !== '') {
    options.push({ code: EDNS_OPTIONS.NSID, data: Buffer.from(state.nsid) });
  }
  if (edns.clientSubnet) {
    const scopePrefixLength = scopeFor(edns.clientSubnet, resolution.decision);
    const data = encodeClientSubnet({ ...edns.clientSubnet, scopePrefixLength });
    options.push({ code: EDNS_OPTIONS.CLIENT_SUBNET, data });
  }
  return {
    packet,
    question,
    limitBytes: transport === 'tcp' ? TCP_BYTES : udpBytes,
    edns: { dnssecOk: edns.dnssecOk, options },
  };
}

// Everything here is synchronous, so one buffer serves all queries.
const writer = new MessageWriter();

function errorReply(rcode: number, reason: string): Resolution & Reply {
  return { rcode, authoritative: false, answer: [], authority: [], glue: [], additional: [], reason };
}
