import { createSocket, type Socket } from 'node:dgram';
import dnsPacket from 'dns-packet';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createNotifySender, type NotifySender } from '../../../src/dns/io/notify-sender.ts';
import { loadZone } from '../../../src/dns/zone/load-zone.ts';
import { encodeNotify, readNotifyReply } from '../../../src/dns/zone/notify.ts';
import type { Zone } from '../../../src/dns/zone/zone.ts';

function zoneWith(serial: number): Zone {
  const text = `$ORIGIN a.test.\n$TTL 9\n@ SOA ns h ${serial} 4 3 9 9\n@ NS ns\nns A 192.0.2.1\n`;
  return loadZone(text, 'a.zone').zone as Zone;
}

const ORIGIN = zoneWith(1).origin;

interface Secondary {
  port: number;
  /** Serials announced to it. */
  heard: number[];
  close(): void;
}

/** Answers each NOTIFY with what `reply` makes of it. */
async function startSecondary(reply: (query: Buffer, n: number) => Buffer[]): Promise<Secondary> {
  const socket: Socket = createSocket('udp4');
  const heard: number[] = [];
  socket.on('message', (query, from) => {
    const { answers, opcode } = dnsPacket.decode(query) as unknown as {
      answers: dnsPacket.Answer[];
      opcode: string;
    };
    const soa = answers[0] as dnsPacket.SoaAnswer;
    expect([opcode, soa.type]).toEqual(['NOTIFY', 'SOA']);
    heard.push(soa.data.serial as number);
    for (const packet of reply(query, heard.length)) socket.send(packet, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const secondary = { port: socket.address().port, heard, close: () => socket.close() };
  open.push(secondary);
  return secondary;
}

function replyTo(query: Buffer, rcode = 0): Buffer {
  const reply = Buffer.from(query);
  reply.writeUInt16BE(reply.readUInt16BE(2) | 0x8000 | rcode, 2);
  return reply;
}

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function startSender(firstPauseMs = 20): { sender: NotifySender; logged: [string, object | undefined][] } {
  const logged: [string, object | undefined][] = [];
  const log = {
    info: (message: string, fields?: object) => logged.push([message, fields]),
    warn: (message: string, fields?: object) => logged.push([message, fields]),
  };
  const sender = createNotifySender({ log, attempts: 3, firstPauseMs });
  open.push(sender);
  return { sender, logged };
}

function load(sender: NotifySender, serial: number, ...secondaries: { port: number }[]): void {
  const targets = secondaries.map(({ port }) => ({ address: '127.0.0.1', port }));
  sender.zonesLoaded(new Map([[ORIGIN, zoneWith(serial)]]), new Map([[ORIGIN, targets]]));
}

describe('notifying secondaries', () => {
  it('tells each of them once, at the first load and whenever the serial is newer', async () => {
    const one = await startSecondary((query) => [replyTo(query)]);
    const two = await startSecondary((query) => [replyTo(query)]);
    const { sender, logged } = startSender();
    for (const serial of [5, 5, 4, 6]) {
      const before = logged.length;
      load(sender, serial, one, two);
      if (serial === 5 && before === 0) await vi.waitFor(() => expect(logged.length).toBe(2));
    }
    await vi.waitFor(() => expect(logged.length).toBe(4));
    expect([one.heard, two.heard]).toEqual([
      [5, 6],
      [5, 6],
    ]);
    expect(logged[0]).toEqual(['notify answered', expect.objectContaining({ zone: 'a.test.', serial: 5 })]);
  });

  it('asks again until an answer comes, and passes over what is none', async () => {
    const garbage = (query: Buffer) => {
      const wrongId = replyTo(query);
      wrongId.writeUInt16BE(query.readUInt16BE(0) ^ 1);
      return [Buffer.from('x'), query, wrongId];
    };
    const secondary = await startSecondary((query, n) => (n === 3 ? [replyTo(query)] : garbage(query)));
    const { sender, logged } = startSender();
    load(sender, 1, secondary);
    await vi.waitFor(() => expect(logged.map(([message]) => message)).toEqual(['notify answered']));
    expect(secondary.heard).toEqual([1, 1, 1]);
  });

  it('gives up after its tries, and says so', async () => {
    const silent = await startSecondary(() => []);
    const { sender, logged } = startSender();
    load(sender, 1, silent);
    await vi.waitFor(() => expect(logged.length).toBe(1));
    const fields = { zone: 'a.test.', serial: 1, address: '127.0.0.1', port: silent.port, attempts: 3 };
    expect(logged).toEqual([['notify given up', fields]]);
    expect(silent.heard).toEqual([1, 1, 1]);
  });

  it('gives up on a host where nothing listens, with the error', async () => {
    const gone = await startSecondary(() => []);
    open.splice(0)[0]?.close();
    const { sender, logged } = startSender();
    load(sender, 1, gone);
    await vi.waitFor(() => expect(logged.length).toBe(1));
    expect(logged[0]).toEqual(['notify given up', expect.objectContaining({ error: expect.any(String) })]);
  });

  it('gives up on an address that cannot be sent to at all', async () => {
    const { sender, logged } = startSender();
    const target = { address: '255.255.255.255', port: 53 };
    sender.zonesLoaded(new Map([[ORIGIN, zoneWith(1)]]), new Map([[ORIGIN, [target]]]));
    await vi.waitFor(() => expect(logged.length).toBe(1));
    expect(logged[0]).toEqual(['notify given up', expect.objectContaining({ error: expect.any(String) })]);
  });

  it('takes a refusal as an answer', async () => {
    const secondary = await startSecondary((query) => [replyTo(query, 4)]);
    const { sender, logged } = startSender();
    load(sender, 1, secondary);
    await vi.waitFor(() => expect(logged.length).toBe(1));
    expect(logged[0]).toEqual(['notify refused', expect.objectContaining({ rcode: 'NOTIMP' })]);
    expect(secondary.heard).toEqual([1]);
  });

  it('a newer zone takes the place of the one that is being told', async () => {
    const secondary = await startSecondary((query, n) => (n > 1 ? [replyTo(query)] : []));
    const { sender, logged } = startSender(60_000);
    load(sender, 1, secondary);
    await vi.waitFor(() => expect(secondary.heard).toEqual([1]));
    load(sender, 2, secondary);
    await vi.waitFor(() => expect(logged.length).toBe(1));
    expect(secondary.heard).toEqual([1, 2]);
  });
});

describe('a NOTIFY message', () => {
  it('is what another codec expects', () => {
    expect(dnsPacket.decode(encodeNotify(7, zoneWith(3)))).toMatchObject({
      id: 7,
      type: 'query',
      opcode: 'NOTIFY',
      flag_aa: true,
      questions: [{ name: 'a.test', type: 'SOA', class: 'IN' }],
      answers: [{ name: 'a.test', type: 'SOA', ttl: 9, data: { mname: 'ns.a.test', serial: 3 } }],
    });
  });

  it('has a reply only if id, opcode, QR and zone are right', () => {
    const zone = zoneWith(1);
    const reply = replyTo(encodeNotify(7, zone), 5);
    expect(readNotifyReply(reply, 7, zone)).toBe(5);
    expect(readNotifyReply(reply, 8, zone)).toBeUndefined();
    expect(readNotifyReply(encodeNotify(7, zone), 7, zone)).toBeUndefined();
    expect(readNotifyReply(reply.subarray(0, 11), 7, zone)).toBeUndefined();
    expect(readNotifyReply(reply.subarray(0, 14), 7, zone)).toBeUndefined();
    const other = Buffer.from(reply);
    other[13] = 0x62;
    expect(readNotifyReply(other, 7, zone)).toBeUndefined();
  });
});
