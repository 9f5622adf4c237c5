// Which Docker engine is meant, decided as the docker command line decides: DOCKER_HOST, else the Docker context in use,
// else the default socket. Only a UNIX socket of this machine will do: the lab's folders are mounted into containers and
// its services are asked over the UNIX sockets in them. Pure; docs.docker.com/engine/context/working-with-contexts.

import type { Refusal } from './engine-facts.ts';

export const DEFAULT_SOCKET = '/var/run/docker.sock';

export interface DockerSettings {
  env: { DOCKER_HOST?: string; DOCKER_CONTEXT?: string };
  /** `currentContext` of the docker command line's config.json. */
  currentContext?: string;
  /** The endpoint (`unix:///run/user/1000/docker.sock`) of a context, undefined when there is none of that name. */
  endpointOf(context: string): string | undefined;
}

export interface EngineAddress {
  socket: string;
  /** What names it, when it is not the default: `DOCKER_HOST` or `the Docker context colima`. */
  from?: string;
}

export function engineAddress(settings: DockerSettings): EngineAddress | Refusal {
  const { DOCKER_HOST: host, DOCKER_CONTEXT: chosen } = settings.env;
  if (host) return localSocket(host, 'DOCKER_HOST', 'unset DOCKER_HOST');
  const context = chosen || settings.currentContext || 'default';
  if (context === 'default') return { socket: DEFAULT_SOCKET };
  const useDefault = chosen ? 'unset DOCKER_CONTEXT' : 'docker context use default';
  const endpoint = settings.endpointOf(context);
  if (endpoint === undefined) {
    return { reason: `there is no Docker context "${context}", which is the one in use`, hint: useDefault };
  }
  return localSocket(endpoint, `the Docker context ${context}`, useDefault);
}

function localSocket(host: string, from: string, useDefault: string): EngineAddress | Refusal {
  const socket = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
  if (socket) return { socket, from };
  const somewhereElse = /^(tcp|ssh|https?):\/\//.test(host);
  return {
    reason: somewhereElse
      ? `${from} is ${withoutPassword(host)}, a remote engine: its containers cannot mount the lab's folders, which are on this machine`
      : `${from} is ${withoutPassword(host)}, which is no UNIX socket of this machine`,
    hint: `${useDefault}, to use the engine of this machine${somewhereElse ? '; or run ./lab on the machine of that engine' : ''}`,
  };
}

function withoutPassword(host: string): string {
  return host.replace(/^(\w+:\/\/[^:@/]+):[^@/]*@/, '$1:***@');
}
