// The server's packet handler without sockets, in the same small world as the other tests of queries. The one place that
// knows how the pipeline is called.

import { handlePacket } from '../../../src/dns/query-pipeline.ts';
import { parseAddress } from '../../../src/net/ip-address.ts';
import { type World, worldState } from '../support.ts';

export interface Pipeline {
  /** Undefined when there is no reply. Throws what the pipeline throws, which is never right. */
  handle(packet: Buffer, transport: 'udp' | 'tcp', source?: Uint8Array): Buffer | undefined;
}

const SOURCE = parseAddress('198.51.100.77') as Uint8Array;

export function testPipeline(world: World = {}): Pipeline {
  const state = worldState({ places: { '100.64.1.0/24': [51.5, -0.1] }, ...world });
  return {
    handle: (packet, transport, source = SOURCE) => handlePacket(state, packet, source, transport).bytes,
  };
}
