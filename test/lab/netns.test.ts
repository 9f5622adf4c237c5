// The netns runtime keeps the runtime contract, on a real lab from the launcher to the last packet: BIRD, unbound, GeoDNS,
// edges, failures, crashes, and nothing left. And what only this runtime promises: nothing of a lab is in the host's namespaces.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runtimeContract } from '../runtimes/contract/run-contract.ts';
import { processesMentioning, processesOf, processOf, until } from './lab-runner.ts';

/** Without those of a Docker engine, which may be at work beside. */
const hostAddresses = () =>
  execFileSync('ip', ['-o', 'address'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => !/^\d+: (docker|br-|veth)/.test(line))
    .join('\n');
const hostNamespaces = () => execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
const addressesBefore = hostAddresses();
const namespacesBefore = hostNamespaces();
const initPid = (folder: string) =>
  JSON.parse(readFileSync(`${folder}/state.json`, 'utf8')).initPid as number;

runtimeContract(
  'netns',
  {
    up: ['--runtime', 'netns'],
    async killService({ lab }, node, service) {
      const { nodes } = await lab.status();
      const services = nodes.find((each) => each.name === node)?.services;
      // The status gives pids as the lab sees them; the host sees others.
      await lab.exec(node, ['kill', '-9', String(services?.find((each) => each.name === service)?.pid)]);
    },
    async crash({ folder }) {
      const processes = processesOf(initPid(folder));
      process.kill(processOf(initPid(folder), /^\S*\/node .*\bsupervisor(\.js|\/main\.ts)/), 'SIGKILL');
      await until('all processes gone', () => processes.every((pid) => !existsSync(`/proc/${pid}/exe`)));
    },
    leftovers: (folder) => [
      ...processesMentioning(folder).filter((process) => !process.includes('vitest')),
      ...(hostNamespaces() === namespacesBefore ? [] : [hostNamespaces()]),
      ...(hostAddresses() === addressesBefore ? [] : [hostAddresses()]),
      ...(readFileSync('/proc/mounts', 'utf8').includes(folder) ? [`a mount of ${folder}`] : []),
    ],
  },
  (contract) => {
    it("has no address, namespace or mount in the host's namespaces while it runs", () => {
      expect(hostAddresses()).toBe(addressesBefore);
      expect(hostNamespaces()).toBe(namespacesBefore);
      expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(contract.runner.folder);
    });

    it('is one PID namespace, whose first process takes all others with it', () => {
      expect(processesOf(initPid(contract.found.folder)).length).toBeGreaterThan(20);
    });
  },
);
