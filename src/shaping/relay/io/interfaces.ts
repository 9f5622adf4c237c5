// The relay's own ends of the links: found by name and brought up, in a namespace that must stay mute. With IPv6 left
// on, the kernel would send neighbour discovery of its own out of every end and into the nodes.

import { writeFileSync } from 'node:fs';
import { UserError } from '../../../base/errors.ts';
import { errno, ifNameToIndex, ioctl, mapMemory, socket } from '../../../net/io/libc.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
const NAME_BYTES = 16;

const request = mapMemory(4096);
const bytes = new Uint8Array(request.view);
const view = new DataView(request.view);
let control = -1;

/** Turns IPv6 off for the interfaces of this network namespace; call before any is brought up. */
export function silenceNamespace(): void {
  for (const scope of ['all', 'default']) {
    try {
      writeFileSync(`/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`, '1');
    } catch {
      // A kernel without IPv6, or /proc read-only: then some neighbour discovery is seen in captures, no more.
    }
  }
}

/** Brings the interface up and returns its index. */
export function openInterface(name: string): number {
  const index = ifNameToIndex(name);
  if (index === 0)
    throw new UserError({
      message: `the relay has no interface ${name}`,
      expected: 'both ends of the link in the relay’s namespace, made by relayLinkCommands',
    });
  if (control < 0) control = socket(AF_INET, SOCK_DGRAM, 0);
  bytes.fill(0, 0, 40);
  for (let i = 0; i < name.length && i < NAME_BYTES - 1; i++) bytes[i] = name.charCodeAt(i);
  ioctl(control, SIOCGIFFLAGS, request.address);
  view.setInt16(NAME_BYTES, view.getInt16(NAME_BYTES, true) | IFF_UP, true);
  if (ioctl(control, SIOCSIFFLAGS, request.address) < 0)
    throw new UserError({ message: `the relay cannot bring ${name} up (errno ${errno()})` });
  return index;
}
