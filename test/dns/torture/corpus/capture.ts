// Makes queries.hex: `node test/dns/torture/corpus/capture.ts >test/dns/torture/corpus/queries.hex`. Runs clients that people
// use against a socket that writes down what they send and answers REFUSED. Ids are random; nothing else is.

import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { promisify } from 'node:util';

const COMMANDS = [
  'dig @HOST -p PORT www.cdn.test',
  'dig @HOST -p PORT +norecurse +subnet=193.0.0.0/24 www.cdn.test',
  'dig @HOST -p PORT +norecurse +subnet=2001:db8:4001::/56 www.cdn.test AAAA',
  'dig @HOST -p PORT +norecurse +subnet=0/0 www.cdn.test',
  'dig @HOST -p PORT +noedns +noadflag static.cdn.test MX',
  'dig @HOST -p PORT +nsid +nocookie +dnssec cdn.test SOA',
  'dig @HOST -p PORT +cookie=0123456789abcdef +bufsize=512 big.cdn.test TXT',
  'dig @HOST -p PORT +bufsize=4096 +dnssec cdn.test DNSKEY',
  'dig @HOST -p PORT +expire +keepalive +padding=128 cdn.test NS',
  'dig @HOST -p PORT +edns=1 +noednsneg cdn.test',
  'dig @HOST -p PORT +ednsopt=65001:0102030405 +ednsflags=0x40 cdn.test',
  'dig @HOST -p PORT -c CH -t TXT version.bind',
  'dig @HOST -p PORT -c CH -t TXT id.server',
  'dig @HOST -p PORT cdn.test ANY +notcp',
  'dig @HOST -p PORT +opcode=notify cdn.test SOA',
  'dig @HOST -p PORT +opcode=iquery cdn.test',
  'dig @HOST -p PORT +header-only',
  'dig @HOST -p PORT -x 192.0.2.10',
  'dig @HOST -p PORT nope.cdn.test TYPE65',
  'dig @HOST -p PORT +notcp cdn.test IXFR=2026010100',
  'dig @HOST -p PORT -y hmac-sha256:key:c2l4dGVlbiBieXRlcyBvcg== cdn.test SOA',
  'kdig @HOST -p PORT www.cdn.test',
  'kdig @HOST -p PORT +subnet=133.11.0.0/16 +cookie +nsid www.cdn.test',
  'kdig @HOST -p PORT +edns=0 +bufsize=1232 +padding=64 alias.cdn.test',
  'kdig @HOST -p PORT +dnssec +cdflag a.b.ent.cdn.test',
  'kdig @HOST -p PORT -t HTTPS www.cdn.test',
  'drill -p PORT www.cdn.test @HOST',
  'drill -D -p PORT cdn.test @HOST DNSKEY',
  'delv @HOST -p PORT www.cdn.test',
  'nslookup -port=PORT www.cdn.test HOST',
  'host -p PORT -t MX static.cdn.test HOST',
];

const packets: string[] = [];
const socket = createSocket('udp4').bind(0, '127.0.0.1');
await new Promise((resolve) => socket.once('listening', resolve));
socket.on('message', (packet, from) => {
  packets.push(packet.toString('hex'));
  const refusal = Buffer.from(packet.subarray(0, 12));
  refusal.fill(0, 4).writeUInt16BE(0x8005 | (packet.readUInt16BE(2) & 0x7900), 2);
  socket.send(refusal, from.port, from.address);
});

console.log(
  '# Queries of clients that people use, as bytes; made by capture.ts. Before each group: what sent it.',
);
for (const command of COMMANDS) {
  const before = packets.length;
  const [program, ...args] = command
    .replace('HOST', '127.0.0.1')
    .replace('PORT', String(socket.address().port))
    .split(' ');
  // Each gets REFUSED and says so with its exit code.
  await promisify(execFile)(program as string, args, { timeout: 10_000 }).catch(() => {});
  const sent = [...new Map(packets.slice(before).map((hex) => [hex.slice(4), hex])).values()];
  console.log(`# ${command.replace(/ @?HOST| -p(ort=| )PORT/g, '')}`);
  for (const hex of sent) console.log(hex);
}
socket.close();
