// An origin in a process of its own, for what would keep the bench's busy: `/object/N` is N's own 1 kB with fields as
// real ones are, `/big/BYTES` is a long body with its length, `/big/BYTES/unknown` without. Prints its port.

import { createServer, type ServerResponse } from 'node:http';
import { drained } from '../../../src/net/io/drained.ts';
import { READY_PATH } from '../server.ts';

const PIECE = Buffer.alloc(65_536, 97);
const OBJECT_BYTES = 1024;

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const [, kind, argument = '', unknown] = (request.url ?? '').split('/');
  if (request.url === READY_PATH) {
    response.writeHead(200, { 'Cache-Control': 'no-store', 'Content-Length': 0 }).end();
  } else if (kind === 'object') {
    const body = argument.padEnd(OBJECT_BYTES, '.');
    response.writeHead(200, {
      'Content-Type': 'image/webp',
      'Content-Length': body.length,
      'Cache-Control': 'public, max-age=86400',
      ETag: `"${argument.padStart(16, '0')}"`,
      'Last-Modified': new Date(1_700_000_000_000 + Number(argument) * 1000).toUTCString(),
    });
    response.end(body, 'latin1');
  } else if (kind === 'big') {
    const bytes = Number(argument);
    response.writeHead(200, {
      'Cache-Control': 'max-age=86400',
      ...(unknown === undefined && { 'Content-Length': bytes }),
    });
    void stream(response, bytes);
  } else response.writeHead(404, { 'Content-Length': 0 }).end();
});
server.listen(0, '127.0.0.1', 4096, () => console.log((server.address() as { port: number }).port));

async function stream(response: ServerResponse, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes && !response.destroyed; sent += PIECE.length) {
    const piece = PIECE.subarray(0, Math.min(PIECE.length, bytes - sent));
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}
