// Gives an experiment its tools and cleans up after it, however it ends.

import { EXPERIMENTS } from '../experiments/all.ts';
import type { ExperimentTable, RunningService } from '../experiments/experiment.ts';
import { experimentServices, type ServiceCommands } from './experiment-services.ts';
import { runLoad } from './run-load.ts';

export interface ExperimentOptions {
  commands: ServiceCommands;
  /** Measured times are divided by it. */
  shorter: number;
  signal?: AbortSignal | undefined;
  say(message: string): void;
}

/** @throws UserError when a service does not start; whatever aborted it. */
export async function runExperiment(name: string, options: ExperimentOptions): Promise<ExperimentTable> {
  const experiment = EXPERIMENTS[name];
  if (!experiment) throw new Error(`no experiment ${name}`);
  const services = experimentServices(options.commands);
  try {
    return await experiment({
      origin: (config = {}) => services.start('origin', config),
      edge: (pop, { origins, ...config }) =>
        services.start('edge', { pop, ...originConfig(origins), ...config }),
      load: async (plan) => {
        const result = await runLoad(plan, { signal: options.signal });
        options.signal?.throwIfAborted();
        return result;
      },
      stop: (...stopped) => services.stop(stopped),
      durationMs: (full) => Math.max(1000, full / options.shorter),
      say: options.say,
    });
  } finally {
    await services.close();
  }
}

/** One origin is `origin` alone, several are listed with their names. */
function originConfig(origins: readonly RunningService[]): object {
  const addressOf = ({ target: { address, port } }: RunningService) => ({ address, port });
  const [first] = origins;
  const host = 'origin.cdn.test';
  if (origins.length === 1 && first) return { origin: { host, ...addressOf(first) } };
  return {
    origin: { host },
    origins: origins.map((origin, i) => ({ name: `edge-${i + 1}`, ...addressOf(origin) })),
  };
}
