// What POPs would have measured, for the policy `latency`: RTTs of half of the client networks, by HTTP.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientNetworks, POPS } from './world.ts';

export interface RttReports {
  /** With the POP's name behind it. */
  url: string;
  close(): void;
}

export async function serveRttReports(): Promise<RttReports> {
  const measuredAt = new Date().toISOString();
  const measured = clientNetworks().filter((_, i) => i % 2 === 0);
  const server = createServer((request, response) => {
    const pop = POPS.findIndex(({ name }) => request.url === `/${name}`);
    const entries = measured.map(({ address, prefixLength }, i) => ({
      prefix: `${address.join('.')}/${prefixLength}`,
      rttMs: 10 + ((i * 7 + pop * 31) % 90),
      measuredAt,
      samples: 3,
    }));
    response.end(JSON.stringify({ entries }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
