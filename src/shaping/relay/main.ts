// The relay process: started in the network namespace that holds its ends of the links, spoken to over standard input
// and output (protocol.ts), gone when its parent closes them. It never returns to Node's event loop: one thread, one
// loop, so that only the kernel stands between a deadline and its frame. With --underlay it listens for VXLAN on that
// address instead of on interfaces. Usage: main.ts [--seed N] [--underlay ADDRESS [--port N] [--crossing-us N]]

import { flushCompileCache } from 'node:module';
import { setPriority } from 'node:os';
import { setRealTime } from '../../net/io/libc.ts';
import { RelayClock } from './io/clock.ts';
import { ControlLines, INPUT_FD, OUTPUT_FD } from './io/control-lines.ts';
import type { FrameSocket } from './io/frame-socket.ts';
import { silenceNamespace } from './io/interfaces.ts';
import { PacketSocket } from './io/packet-socket.ts';
import { Poller } from './io/poller.ts';
import { VxlanSocket } from './io/vxlan-socket.ts';
import { MAX_DIRECTIONS } from './link-table.ts';
import type { RelayAnswer } from './protocol.ts';
import { Relay } from './relay.ts';

const seed = Number(argument('--seed') ?? 1);
const underlay = argument('--underlay');

// With NODE_COMPILE_CACHE set, the next start skips the TypeScript: a third of the time and half the memory. Written
// now, since a relay is more often killed than ended.
flushCompileCache();
raisePriority();
const clock = new RelayClock();
const socket = openTransport();
const poller = new Poller(clock, socket.fd, INPUT_FD, OUTPUT_FD);
const relay = new Relay({ clock, socket, poller, seed });
const control = new ControlLines();

for (;;) {
  relay.turn(control.pending());
  if (poller.output) control.flush();
  if (!poller.input) continue;
  const lines = control.read();
  if (lines === undefined) process.exit(0);
  for (const line of lines) control.write(JSON.stringify(answer(line)));
}

function openTransport(): FrameSocket {
  try {
    if (underlay !== undefined) {
      const at = { address: underlay, port: numberOf('--port'), crossingUs: numberOf('--crossing-us') };
      return new VxlanSocket(clock, MAX_DIRECTIONS, at);
    }
    silenceNamespace();
    return new PacketSocket(clock, MAX_DIRECTIONS);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

function numberOf(name: string): number | undefined {
  const text = argument(name);
  return text === undefined ? undefined : Number(text);
}

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at > 0 ? process.argv[at + 1] : undefined;
}

function answer(line: string): RelayAnswer {
  try {
    return relay.answer(JSON.parse(line));
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Frames on time matter more than anything else here: measured on two busy cores, real time instead of nice -20 takes
 * the mean error of a crossing from 38 to 13 us, and the kernel leaves 5 % to others. Without the right to either, all
 * goes on as it is, and the lateness histogram will tell.
 */
function raisePriority(): void {
  if (setRealTime()) return;
  try {
    setPriority(-20);
  } catch {
    // Neither root nor allowed to be nice.
  }
}
