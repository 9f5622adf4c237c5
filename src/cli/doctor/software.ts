// Node, and the packages with native parts.

import type { Check } from './check.ts';

export async function nodeCheck(): Promise<Check> {
  const major = Number(process.versions.node.split('.')[0]);
  return {
    name: 'Node.js',
    state: major >= 24 ? 'ok' : 'missing',
    found: process.versions.node,
    means: 'the lab needs Node 24, which npm ci brings on x86-64 and arm64 Linux',
    hint: 'npm ci, then ./lab (not node src/cli/main.ts)',
  };
}

export async function koffiCheck(): Promise<Check> {
  const there = await import('koffi').then(
    () => true,
    () => false,
  );
  return {
    name: 'koffi',
    state: there ? 'ok' : 'limited',
    found: there ? 'loads' : 'does not load on this machine',
    means: 'many packets per system call: without it the relay and the DNS server are slower',
    hint: 'rm -r node_modules, then ./lab',
  };
}
