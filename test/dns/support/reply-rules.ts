// What every reply to any bytes at all must keep, whoever asks for what. Checked with the independent reader of
// message.ts, by the tests of mutated packets and by the long run in bench/.

import { type RawMessage, readMessage } from './message.ts';

/** The largest reply that the server gives over UDP to anybody (DNS Flag Day 2020). */
const LARGEST_UDP_BYTES = 1232;
/** A reply without data repeats the question and may add an OPT record with what was asked for: cookie, NSID, ECS, EDE. */
const LARGEST_ERROR_GROWTH_BYTES = 180;

/** Undefined when the reply (or the silence) is right, else what is wrong with it. */
export function brokenRule(
  query: Buffer,
  reply: Buffer | undefined,
  transport: 'udp' | 'tcp',
): string | undefined {
  if (query.length < 12) return reply ? 'an answer to less than a header' : undefined;
  if ((query.readUInt16BE(2) & 0x8000) !== 0) return reply ? 'an answer to a response' : undefined;
  // Silence is right only where the caller expects it (rate limits): it decides.
  if (!reply) return undefined;
  let message: RawMessage;
  try {
    message = readMessage(reply);
  } catch (error) {
    return `the reply is malformed: ${(error as Error).message}`;
  }
  if (message.id !== query.readUInt16BE(0)) return 'another id';
  if (!message.qr) return 'the reply is a query';
  const asked = query.readUInt16BE(2);
  if (message.opcode !== ((asked >> 11) & 15)) return 'another opcode';
  if (message.rd !== ((asked & 0x100) !== 0)) return 'RD is not repeated';
  if (message.ra) return 'recursion is offered';
  if (message.reserved !== 0) return 'Z, AD or CD is set';
  if (message.questions.length > 1) return 'more than one question';
  const question = message.questions[0];
  if (question && !question.bytes.equals(query.subarray(12, 12 + question.bytes.length))) {
    return 'the question is not repeated byte by byte';
  }
  if (message.tc && transport === 'tcp') return 'truncated over TCP';
  const request = tryRead(query);
  // Of other opcodes nobody has to know where the records are.
  const understood = message.opcode === 0 && message.rcode !== 1;
  if (request?.opt && understood && !message.opt) return 'EDNS is not answered with EDNS';
  if (!mentionsOpt(query) && message.opt) return 'EDNS to a client that does not speak it';
  return tooLong(query, request, reply, message, transport);
}

function tooLong(
  query: Buffer,
  request: RawMessage | undefined,
  reply: Buffer,
  message: RawMessage,
  transport: 'udp' | 'tcp',
): string | undefined {
  const hasData = message.records.length > 0;
  const longest = (request?.questions[0]?.bytes.length ?? query.length) + 12 + LARGEST_ERROR_GROWTH_BYTES;
  if (!hasData && reply.length > longest) return `${reply.length} bytes without any data`;
  if (transport === 'tcp') return undefined;
  const payload = request?.opt ? Math.max(512, request.opt.udpPayloadBytes) : 512;
  const limit = Math.min(payload, LARGEST_UDP_BYTES);
  return reply.length > limit ? `${reply.length} bytes where ${limit} were asked for` : undefined;
}

/** In a malformed query it may be anywhere. */
function mentionsOpt(query: Buffer): boolean {
  return query.includes(Buffer.from([0, 41]), 12);
}

function tryRead(query: Buffer): RawMessage | undefined {
  try {
    return readMessage(query);
  } catch {
    return undefined;
  }
}
