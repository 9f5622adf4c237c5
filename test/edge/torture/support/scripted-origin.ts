// An origin on bare sockets whose answers are bytes: whole ones, and ones that no HTTP server would send.

import { createServer, type Socket } from 'node:net';

export interface OriginRequest {
  method: string;
  path: string;
  /** Value by lower-case name. */
  fields: ReadonlyMap<string, string>;
}

export interface ScriptedOrigin {
  port: number;
  /** Requests so far, in order. */
  requests: OriginRequest[];
  asked(path: string): number;
  close(): Promise<void>;
}

export type Handler = (request: OriginRequest, socket: Socket) => void | Promise<void>;

export async function startScriptedOrigin(handler: Handler): Promise<ScriptedOrigin> {
  const requests: OriginRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const request = parseRequest(text.slice(0, end));
      const length = Number(request.fields.get('content-length') ?? 0);
      if (text.length < end + 4 + length) return;
      text = text.slice(end + 4 + length);
      requests.push(request);
      void handler(request, socket);
    });
  });
  server.listen(0, '127.0.0.1', 1024);
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    port: (server.address() as { port: number }).port,
    requests,
    asked: (path) => requests.filter((request) => request.path === path).length,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function parseRequest(head: string): OriginRequest {
  const [line = '', ...lines] = head.split('\r\n');
  const [method = '', path = ''] = line.split(' ');
  const fields = lines.map((each) => {
    const [name = '', value = ''] = each.split(/:\s*(.*)/s, 2);
    return [name.toLowerCase(), value] as const;
  });
  return { method, path, fields: new Map(fields) };
}

/** A whole response; Content-Length is added unless `fields` frame the body. */
export function response(status: number, fields: readonly string[], body: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(body);
  const framed = fields.some((field) => /^(?:content-length|transfer-encoding):/i.test(field));
  const lines = [
    `HTTP/1.1 ${status} Said`,
    ...fields,
    ...(framed || status === 304 ? [] : [`Content-Length: ${bytes.length}`]),
  ];
  return Buffer.concat([
    Buffer.from(`${lines.join('\r\n')}\r\n\r\n`),
    status === 304 ? Buffer.alloc(0) : bytes,
  ]);
}
