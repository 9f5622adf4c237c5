// Gives an experiment its tools and cleans up after it, however it ends.

import { EXPERIMENTS } from '../experiments/all.ts';
import type { ExperimentTable } from '../experiments/experiment.ts';
import { originConfig } from '../experiments/origin-config.ts';
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
