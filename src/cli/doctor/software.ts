// Node, the packages with native parts, and a Docker engine.

import { existsSync } from 'node:fs';
import { request } from 'node:http';
import type { Check } from './check.ts';

const DOCKER_TIMEOUT_MS = 2000;

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

export async function dockerCheck(): Promise<Check> {
  const socket = process.env['DOCKER_HOST']?.replace(/^unix:\/\//, '') ?? '/var/run/docker.sock';
  const version = existsSync(socket) ? await dockerVersion(socket) : undefined;
  return {
    name: 'Docker engine',
    state: version ? 'ok' : 'limited',
    found: version ?? 'none answers',
    means: 'the docker runtime (which comes later) cannot be used; the netns runtime needs no engine',
    hint: 'sudo apt-get install docker.io',
  };
}

function dockerVersion(socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const outgoing = request(
      { socketPath, path: '/version', agent: false, timeout: DOCKER_TIMEOUT_MS },
      async (response) => {
        let body = '';
        for await (const chunk of response) body += chunk;
        try {
          resolve((JSON.parse(body) as { Version?: string }).Version);
        } catch {
          resolve(undefined);
        }
      },
    );
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(undefined));
    outgoing.end();
  });
}
