// The docker runtime keeps the runtime contract, on a real engine: the same lab, the same suite as the netns runtime. And what
// only containers promise: a compose file that people can use, services without root, nothing that a node does not need.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ContainerInspectInfo } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { lookForCompose } from '../../src/runtimes/docker/compose-command.ts';
import { AT_A_TIME, removeAll } from '../../src/runtimes/docker/containers.ts';
import { connectEngine } from '../../src/runtimes/docker/engine.ts';
import { isRefusal } from '../../src/runtimes/docker/engine-facts.ts';
import { FOLDER_LABEL, NODE_LABEL, SERVICE_LABEL } from '../../src/runtimes/docker/labels.ts';
import { runtimeContract } from '../runtimes/contract/run-contract.ts';
import { useEngine } from './docker-engine.ts';
import { processesMentioning, until } from './lab-runner.ts';

const { missing, titled } = await useEngine();
const engine = missing ? undefined : await connectEngine();
const compose = engine ? await lookForCompose(engine) : undefined;
const reason = missing ?? (compose && isRefusal(compose) ? compose.reason : undefined);
const docker = () => (engine as NonNullable<typeof engine>).docker;

/** All that the engine has of labs in a folder. */
async function inEngine(folder: string): Promise<string[]> {
  const ours = (labels: Record<string, string> | undefined) => labels?.[FOLDER_LABEL]?.startsWith(folder);
  const containers = await docker().listContainers({ all: true });
  const networks = await docker().listNetworks();
  const { Volumes: volumes } = await docker().listVolumes();
  return [
    ...containers.filter(({ Labels }) => ours(Labels)).map(({ Names }) => `container ${Names[0]}`),
    ...networks.filter(({ Labels }) => ours(Labels)).map(({ Name }) => `network ${Name}`),
    ...(volumes ?? []).filter(({ Labels }) => ours(Labels)).map(({ Name }) => `volume ${Name}`),
  ];
}

async function inspectAll(folder: string): Promise<ContainerInspectInfo[]> {
  const filters = { label: [`${FOLDER_LABEL}=${folder}`] };
  const listed = await docker().listContainers({ all: true, filters });
  return Promise.all(listed.map(({ Id }) => docker().getContainer(Id).inspect()));
}

async function containerId(folder: string, node: string, service?: string): Promise<string> {
  const found = (await inspectAll(folder)).find(
    ({ Config }) => Config.Labels[NODE_LABEL] === node && Config.Labels[SERVICE_LABEL] === service,
  );
  return found?.Id ?? '';
}

describe.skipIf(reason)(titled('on a Docker engine'), () => {
  runtimeContract(
    'docker',
    {
      up: ['--runtime', 'docker'],
      async killService({ folder }, node, service) {
        // Not by the engine's API: what the API kills is not started again.
        const { State } = await docker()
          .getContainer(await containerId(folder, node, service))
          .inspect();
        process.kill(State.Pid, 'SIGKILL');
      },
      async crash({ folder }) {
        // What an engine's restart leaves: all containers ended, those of nodes among them.
        const owners = (await inspectAll(folder)).filter(({ Config }) => !Config.Labels[SERVICE_LABEL]);
        // Not all at once, by which engines lose count of a network's endpoints: an engine that restarts does not either.
        const ended = Readable.from(owners).map(({ Id }) => docker().getContainer(Id).kill(), {
          concurrency: AT_A_TIME,
        });
        await ended.toArray();
      },
      leftovers: async (folder) => [
        ...processesMentioning(folder).filter((process) => !process.includes('vitest')),
        ...(await inEngine(folder)),
      ],
    },
    (contract) => {
      const folder = () => contract.found.folder;
      const composeCommand = (...args: string[]) => {
        const [program = '', ...words] = isRefusal(compose ?? {}) ? [] : (compose as { argv: string[] }).argv;
        return execFileSync(program, [...words, ...args], {
          cwd: folder(),
          encoding: 'utf8',
          env: { ...process.env, ...engine?.env },
        });
      };

      it('writes a compose file that Compose itself can be used with by hand, in the lab’s folder', () => {
        expect(composeCommand('ps', '-q').trim().split('\n').length).toBeGreaterThan(30);
        expect(composeCommand('logs', '--no-color', '--tail', '3', 'pop-fra.dns')).toContain(
          '"service":"dns"',
        );
        const answer = composeCommand('exec', '-T', 'paris', 'dig', '+short', '@resolver', 'www.cdn.test');
        expect(answer.trim()).toMatch(/^203\.0\.113\.\d+$/);
      });

      it('gives no service root or a capability but BIRD and the relay, and none can gain more', async () => {
        for (const { Name, Config, HostConfig } of await inspectAll(folder())) {
          const service = Config.Labels[SERVICE_LABEL];
          expect(HostConfig.Privileged, Name).toBe(false);
          expect(HostConfig.CapDrop, Name).toEqual(['ALL']);
          expect(HostConfig.SecurityOpt, Name).toContain('no-new-privileges:true');
          if (service === undefined || service === 'bird' || service === 'relay') continue;
          expect(HostConfig.CapAdd ?? [], Name).toEqual([]);
          expect(Config.User, Name).not.toMatch(/^(0|root)?(:|$)/);
        }
        const { stdout } = await contract.sh('t1-fra', 'ls -ln /run/catchment/bird.ctl');
        expect(stdout).toContain(' 10001 10001 ');
      });

      it('bounds memory, processes and logs of every container, and says whose it is', async () => {
        for (const { Name, Config, HostConfig } of await inspectAll(folder())) {
          expect(HostConfig.Memory, Name).toBeGreaterThan(0);
          expect(HostConfig.PidsLimit, Name).toBeGreaterThan(0);
          expect(HostConfig.LogConfig?.Config['max-size'], Name).toBeTruthy();
          expect(Config.Labels[FOLDER_LABEL], Name).toBe(folder());
        }
      });

      it('keeps links and addresses of a node while its BIRD is killed again and again', async () => {
        const links = () => contract.sh('t1-fra', 'ip -br address | sort');
        const before = (await links()).stdout;
        await contract.harness.killService(contract.found, 't1-fra', 'bird');
        await until('BIRD is back', async () => (await contract.service('t1-fra', 'bird'))?.healthy === true);
        expect((await links()).stdout).toBe(before);
      });

      it('removes what carries its labels when even its folder is gone, and nothing else', async () => {
        const stranger = await docker().createNetwork({ Name: `stranger-${process.pid}` });
        try {
          await removeAll(docker(), { name: 'contract', folder: '/nowhere/contract' });
          expect(await inEngine(folder())).not.toEqual([]);
          expect(await stranger.inspect()).toMatchObject({ Name: `stranger-${process.pid}` });
        } finally {
          await stranger.remove();
        }
      });

      it('remembers in its folder how it was built', () => {
        expect(existsSync(join(folder(), 'compose.yaml'))).toBe(true);
        expect(readFileSync(join(folder(), '.env'), 'utf8')).toBe(
          'COMPOSE_PROJECT_NAME=catchment-contract\n',
        );
      });
    },
  );
});
