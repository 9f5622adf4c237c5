// Good packets made bad by the ten thousand, straight into the packet handler. The long run, ten million of them with the
// heap watched, is `node bench/dns/torture.ts --packets 10000000`.

import { expect, it } from 'vitest';
import { readMessage } from '../support/message.ts';
import { createMutator } from '../support/mutate.ts';
import { testPipeline } from '../support/pipeline.ts';
import { brokenRule } from '../support/reply-rules.ts';
import { signedZone } from '../support/signed-zone.ts';
import { corpus } from './corpus/corpus.ts';

const PACKETS = 60_000;
/** A new name costs a signature. */
const SIGNED_PACKETS = 10_000;
const RRSIG = 46;

it.each(['udp', 'tcp'] as const)('keep every rule of a reply, over %s', async (transport) => {
  const pipeline = await testPipeline();
  const mutator = createMutator(corpus(), 1);
  const broken: string[] = [];
  let replies = 0;
  for (let i = 0; i < PACKETS; i++) {
    const packet = mutator.next();
    const rule = judge(packet);
    if (rule) broken.push(`${rule}: packet ${i} of seed 1: ${packet.toString('hex')}`);
  }
  expect(broken.slice(0, 5)).toEqual([]);
  expect(replies, 'most are answered, if only with FORMERR').toBeGreaterThan(PACKETS / 2);

  function judge(packet: Buffer): string | undefined {
    try {
      const reply = pipeline.handle(packet, transport);
      if (reply) replies++;
      return brokenRule(packet, reply, transport);
    } catch (error) {
      return `threw ${(error as Error).stack}`;
    }
  }
});

it('keep them in a signed zone too, whose answers are longer', async () => {
  const { config, files } = signedZone();
  const pipeline = await testPipeline({ ...config, rateLimit: false }, files);
  const mutator = createMutator(corpus(), 4);
  const broken: string[] = [];
  let signed = 0;
  for (let i = 0; i < SIGNED_PACKETS; i++) {
    const packet = mutator.next();
    const reply = pipeline.handle(packet, 'udp');
    const rule = brokenRule(packet, reply, 'udp');
    if (rule) broken.push(`${rule}: packet ${i} of seed 4: ${packet.toString('hex')}`);
    if (reply && readMessage(reply).records.some(({ type }) => type === RRSIG)) signed++;
  }
  expect(broken.slice(0, 5)).toEqual([]);
  expect(signed).toBeGreaterThan(SIGNED_PACKETS / 50);
});

it('what lies in the buffer behind a packet, from an older one, changes no reply', async () => {
  const pipeline = await testPipeline();
  const mutator = createMutator(corpus(), 3);
  const noise = Buffer.alloc(4096);
  const different: string[] = [];
  for (let i = 0; i < 10_000; i++) {
    const packet = mutator.next();
    const replies = [0x00, 0xc0, 0x29, 0xff].map((fill) => {
      // A response: read into the buffer, and not answered.
      pipeline.handle(noise.fill(fill).fill(0x80, 0, 12), 'udp');
      return pipeline.handle(packet, 'udp')?.toString('hex');
    });
    if (new Set(replies).size > 1) different.push(packet.toString('hex'));
  }
  expect(different.slice(0, 3)).toEqual([]);
});

it('packets as clients send them are answered without an error of format', async () => {
  const pipeline = await testPipeline();
  const refused = corpus().filter((packet) => {
    const opcode = (packet.readUInt16BE(2) >> 11) & 15;
    const questions = packet.readUInt16BE(4);
    const rcode = (pipeline.handle(packet, 'udp')?.readUInt16BE(2) ?? 1) & 15;
    return opcode === 0 && questions === 1 && rcode === 1;
  });
  expect(refused.map((packet) => packet.toString('hex'))).toEqual([]);
});
