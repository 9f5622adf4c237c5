// Opens and binds sockets by libc, where Node.js would not let us say how: several on one port (SO_REUSEPORT), one for each
// worker; a descriptor that a worker reads, that outlives it when it dies, and that a successor is handed (hot-restart.ts).

import { getSystemErrorName } from 'node:util';
import { bind, close, errno, getsockname, listen, mapMemory, socket } from '../../net/io/libc.ts';
import {
  AF_INET,
  AF_INET6,
  familyOfText,
  type InternetFamily,
  readSockaddr,
  writeSockaddr,
} from '../../net/io/socket-address.ts';
import { SOL_SOCKET, setBuffers, setOption, setTimeOption } from '../../net/io/socket-options.ts';
import { RECEIVE_TIMEOUT_MS } from './batch-waiter.ts';
import { listenError } from './listener.ts';

const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0x80000;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const SOL_IP = 0;
const IP_PKTINFO = 8;
const IP_MTU_DISCOVER = 10;
const SOL_IPV6 = 41;
const IPV6_MTU_DISCOVER = 23;
const IPV6_V6ONLY = 26;
const IPV6_RECVPKTINFO = 49;
const PMTUDISC_OMIT = 5;

/** Absorbs bursts while JavaScript is busy; with the kernel's 208 KiB, packets were lost at 60,000 queries a second. */
const BUFFER_BYTES = 4 << 20;
const TCP_BACKLOG = 1024;

export interface OpenSocket {
  fd: number;
  address: string;
  port: number;
}

const memory = mapMemory(4096);
const LENGTH_OFFSET = 128;

/**
 * Binds `count` sockets to one address and port (0: one that is free). Unless `sharePort`, the first has to be alone
 * there: another server on the port is a mistake to be told, not a partner. @throws UserError
 */
export function openUdpSockets(
  address: string,
  port: number,
  count: number,
  sharePort = false,
): OpenSocket[] {
  const sockets: OpenSocket[] = [];
  try {
    for (let i = 0; i < count; i++)
      sockets.push(openBound('udp', address, sockets[0]?.port ?? port, sharePort || i > 0));
  } catch (error) {
    for (const { fd } of sockets) close(fd);
    throw error;
  }
  return sockets;
}

/** A listening TCP socket for `net.Server.listen({fd})`. @throws UserError */
export function openTcpSocket(address: string, port: number, sharePort = false): OpenSocket {
  const opened = openBound('tcp', address, port, sharePort);
  if (listen(opened.fd, TCP_BACKLOG) === 0) return opened;
  const error = lastError('listen');
  close(opened.fd);
  throw listenError(error, 'tcp', address, port);
}

export function closeDescriptor(fd: number): void {
  close(fd);
}

/** All addresses of a family. */
export function isWildcard(address: string): boolean {
  return /^(0\.0\.0\.0|[0:]+)$/.test(address);
}

function openBound(transport: 'udp' | 'tcp', address: string, port: number, sharePort: boolean): OpenSocket {
  const family = familyOfText(address);
  const type = (transport === 'udp' ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC;
  const fd = socket(family === 4 ? AF_INET : AF_INET6, type, 0);
  if (fd < 0) throw listenError(lastError('socket'), transport, address, port);
  // Said before bind, so that ::'s socket and 0.0.0.0's can be side by side.
  if (family === 6) setOption(fd, SOL_IPV6, IPV6_V6ONLY, 1);
  if (transport === 'tcp') setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (sharePort) setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (bind(fd, memory.address, writeSockaddr(memory.view, address, port)) !== 0) {
    const error = lastError('bind');
    close(fd);
    throw listenError(error, transport, address, port);
  }
  // After bind it lets others of ours in, without having joined somebody else's group.
  setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (transport === 'udp') setUdpOptions(fd, family, address);
  new Uint32Array(memory.view)[LENGTH_OFFSET / 4] = LENGTH_OFFSET;
  getsockname(fd, memory.address, memory.address + LENGTH_OFFSET);
  return { fd, address, port: readSockaddr(memory.view).port };
}

function setUdpOptions(fd: number, family: InternetFamily, address: string): void {
  setBuffers(fd, BUFFER_BYTES, BUFFER_BYTES);
  setTimeOption(fd, SOL_SOCKET, SO_RCVTIMEO, RECEIVE_TIMEOUT_MS);
  // A full device makes a sender wait, but not for ever: better to lose replies than to stop.
  setTimeOption(fd, SOL_SOCKET, SO_SNDTIMEO, RECEIVE_TIMEOUT_MS);
  // Forged ICMP must not make us send fragments, which carry poison into resolvers' caches.
  if (family === 4) setOption(fd, SOL_IP, IP_MTU_DISCOVER, PMTUDISC_OMIT);
  else setOption(fd, SOL_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_OMIT);
  if (!isWildcard(address)) return;
  if (family === 4) setOption(fd, SOL_IP, IP_PKTINFO, 1);
  else setOption(fd, SOL_IPV6, IPV6_RECVPKTINFO, 1);
}

function lastError(call: string): { code: string; message: string } {
  const code = getSystemErrorName(-errno());
  return { code, message: `${call} ${code}` };
}
