// dns2's own UDP server with one constant answer: `node dns2-server.ts PORT`.

import dns2 from 'dns2';
import { NAME, POPS, TTL_SECONDS } from '../world.ts';

const { Packet } = dns2;
const record = {
  name: NAME,
  type: Packet.TYPE.A,
  class: Packet.CLASS.IN,
  ttl: TTL_SECONDS,
  address: POPS[0]?.ipv4 ?? '',
};
const server = dns2.createServer({
  udp: true,
  handle: (request, send) => {
    const response = Packet.createResponseFromRequest(request);
    response.header.aa = 1;
    // Its types ask for methods that its writer does not.
    response.answers.push(record as dns2.Packet.Resource);
    send(response);
  },
});
server.listen({ udp: { port: Number(process.argv[2]), address: '127.0.0.1' } });
