// The relay process: started in the network namespace that holds the relay's ends, spoken to over standard input and output (see
// protocol.ts), gone when its parent closes them. It never returns to Node's event loop: one thread, one loop, so that
// nothing but the kernel stands between a deadline and its frame. Usage: node src/shaping/relay/main.ts [--seed N]

import { flushCompileCache } from 'node:module';
import { setPriority } from 'node:os';
import { RelayClock } from './io/clock.ts';
import { ControlLines, INPUT_FD, OUTPUT_FD } from './io/control-lines.ts';
import { silenceNamespace } from './io/interfaces.ts';
import { PacketSocket } from './io/packet-socket.ts';
import { Poller } from './io/poller.ts';
import { MAX_DIRECTIONS } from './link-table.ts';
import type { RelayAnswer } from './protocol.ts';
import { Relay } from './relay.ts';

const seedAt = process.argv.indexOf('--seed');
const seed = seedAt > 0 ? Number(process.argv[seedAt + 1]) : 1;

// With NODE_COMPILE_CACHE set, the next start skips the TypeScript: a third of the time and half the memory. Written
// now, since a relay is more often killed than ended.
flushCompileCache();
raisePriority();
silenceNamespace();
const clock = new RelayClock();
const socket = new PacketSocket(clock, MAX_DIRECTIONS);
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

function answer(line: string): RelayAnswer {
  try {
    return relay.answer(JSON.parse(line));
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Frames on time matter more than anything else on the machine; without the right to it, all goes on as it is. */
function raisePriority(): void {
  try {
    setPriority(-20);
  } catch {
    // Not root: the lateness histogram will tell.
  }
}
