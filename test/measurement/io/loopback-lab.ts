// Real servers on the loopback for a real probe process: a resolver (UDP and TCP) and edges that can be told to misbehave.

import { spawn } from 'node:child_process';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer as createHttpServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { decode, encode, type Packet, streamEncode } from 'dns-packet';
import type { ProbingLab } from '../../../src/measurement/io/run-probe.ts';
import { programPath } from '../../../src/runtimes/programs.ts';
import type { ExecOptions, ExecResult } from '../../../src/runtimes/runtime.ts';

/** A lab whose nodes are all this machine: exec runs the command here. */
export const loopbackLab: ProbingLab = {
  runtime: 'recording',
  programCommand: (program, flags = []) => [process.execPath, ...flags, programPath(program)],
  exec(_node: string, argv: string[], options: ExecOptions = {}): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
      const [command = '', ...args] = argv;
      const child = spawn(command, args, { signal: options.signal });
      let stdout = '';
      let stderr = '';
      let rest = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) options.onLine?.(line);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ exitCode: code ?? 1, stdout, stderr }));
      child.stdin.end(options.input ?? '');
    });
  },
};

export type Zone = Record<string, 'nxdomain' | 'silent' | 'truncated' | string>;

export interface Resolver {
  port: number;
  queries: string[];
  close(): void;
}

/** Answers A queries: an address, NXDOMAIN, nothing, or only over TCP (then 127.0.0.1). */
export async function startResolver(zone: Zone): Promise<Resolver> {
  const queries: string[] = [];
  const answer = (query: Packet, overTcp: boolean): Packet | undefined => {
    const name = query.questions?.[0]?.name ?? '';
    queries.push(name);
    const entry = zone[name] ?? 'nxdomain';
    const common = { type: 'response' as const, id: query.id, questions: query.questions };
    if (entry === 'silent') return undefined;
    if (entry === 'nxdomain') return { ...common, flags: 3 };
    if (entry === 'truncated' && !overTcp) return { ...common, flags: 0x0200 };
    const data = entry === 'truncated' ? '127.0.0.1' : entry;
    return { ...common, answers: [{ type: 'A', name, data, ttl: 20 }] };
  };
  const { udp, tcp, port } = await listenOnOnePort();
  udp.on('message', (message, from) => {
    const reply = answer(decode(message), false);
    if (reply) udp.send(encode(reply), from.port, from.address);
  });
  tcp.on('connection', (socket) => {
    socket.once('data', (data) => {
      const reply = answer(decode(data.subarray(2)), true);
      if (reply) socket.end(streamEncode(reply));
    });
  });
  return {
    port,
    queries,
    close: () => {
      udp.close();
      tcp.close();
    },
  };
}

/** DNS uses the same number over both; another process may hold one of them, so this tries again. */
async function listenOnOnePort(): Promise<{ udp: UdpSocket; tcp: Server; port: number }> {
  for (;;) {
    const tcp = createTcpServer();
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket('udp4');
    const bound = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(port, '127.0.0.1', () => resolve(true));
    });
    if (bound) return { udp, tcp, port };
    tcp.close();
  }
}

export interface Edge {
  port: number;
  server: HttpServer;
  close(): void;
}

export async function startEdge(handle: (url: string, response: ServerResponse) => void): Promise<Edge> {
  const server = createHttpServer((request, response) => handle(request.url ?? '', response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    server,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
