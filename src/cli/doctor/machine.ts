// Processors, memory and disk: enough for the topology `world`?

import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { PROJECT_FOLDER } from '../../base/project-folder.ts';
import { labsFolder } from '../../runtimes/lab-folder.ts';
import type { Check } from './check.ts';

/** `world` in all its processes takes under 700 MB (PSS). */
const MEMORY_MB = 1000;
const DISK_MB = 200;
/** Fewer, and probes and relay take each other's time: the emulated delays get longer than planned. */
const PROCESSORS = 2;

export async function processorCheck(): Promise<Check> {
  const count = availableParallelism();
  return {
    name: 'processors',
    state: count >= PROCESSORS ? 'ok' : 'limited',
    found: String(count),
    means: `below ${PROCESSORS} the emulated delays are less true; the fidelity section of every report says how true`,
    hint: './lab up tiny',
  };
}

export async function memoryCheck(): Promise<Check> {
  const mb = Math.round(availableBytes() / 2 ** 20);
  return {
    name: 'memory',
    state: mb >= MEMORY_MB ? 'ok' : 'limited',
    found: `${mb} MB available`,
    means: `the topology world takes about 700 MB`,
    hint: './lab up tiny takes a quarter of it',
  };
}

export async function diskCheck(): Promise<Check> {
  const folder = existsSync(labsFolder()) ? labsFolder() : PROJECT_FOLDER;
  const { bavail, bsize } = await statfs(folder);
  const mb = Math.round((bavail * bsize) / 2 ** 20);
  return {
    name: 'disk',
    state: mb >= DISK_MB ? 'ok' : 'limited',
    found: `${mb} MB free for .lab/`,
    means: 'logs and reports of a lab take a few tens of MB',
    hint: 'free some space, or set CATCHMENT_LAB_DIR to another folder',
  };
}

/** What can be had without swapping, caches included. */
function availableBytes(): number {
  const meminfo = existsSync('/proc/meminfo') ? readFileSync('/proc/meminfo', 'utf8') : '';
  const kb = /^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1];
  return kb ? Number(kb) * 1024 : freemem();
}
