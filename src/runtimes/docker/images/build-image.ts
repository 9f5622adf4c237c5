// Builds one image with the engine's classic builder, which every engine from 20.10 to 29 has and which needs no
// plugin on this side.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../../base/errors.ts';
import { PROJECT_FOLDER } from '../../../base/project-folder.ts';
import type { Engine } from '../engine.ts';
import { withBuildContext } from './build-context.ts';
import { type BuildMessage, buildProblem, readBuildOutput } from './build-output.ts';
import { followStream } from './follow-stream.ts';
import { INPUTS_LABEL, type PlannedImage } from './plan-images.ts';
import { withTarOf } from './tar-folder.ts';

export interface BuildOptions {
  /** Called with each step that begins: `step 3/6, RUN apt-get ...`. */
  onStep?: (step: string) => void;
  signal?: AbortSignal;
  /** Steps are run anew, whatever the builder remembers. */
  anew?: boolean;
}

/** Rejects with a UserError that tells the failing step, the last lines and where the log is. */
export async function buildImage(
  { docker }: Pick<Engine, 'docker'>,
  image: PlannedImage,
  { onStep, signal, anew }: BuildOptions = {},
): Promise<void> {
  const output = readBuildOutput();
  await withBuildContext(image, (folder) =>
    withTarOf(folder, async (context) => {
      const request = docker.buildImage(context, {
        t: image.tag,
        labels: { [INPUTS_LABEL]: image.inputs },
        buildargs: { BASE: image.from, ...proxyArguments(process.env) },
        nocache: anew,
        rm: true,
        forcerm: true,
        abortSignal: signal,
      });
      const onMessage = (message: BuildMessage) => {
        const step = output.add(message);
        if (step) onStep?.(step);
      };
      await followStream(docker, request, { signal, onMessage });
    }),
  ).catch((error: Error) => {
    signal?.throwIfAborted();
    // The builder's own error comes this way too, after it was added.
    output.add({ error: output.failure()?.error ?? error.message });
  });
  if (!output.built() && !output.failure())
    output.add({ error: 'the engine ended the build before it was done (was it restarted?)' });
  const failure = output.failure();
  const log = writeLog(image, `${output.text()}${failure?.error ?? ''}\n`);
  if (failure) throw new UserError(buildProblem(image.name, failure, log));
}

/** Docker knows these build arguments without a Dockerfile naming them, and keeps them out of the image. */
function proxyArguments(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name] as string]] : [])));
}

/** Path of the log, as the user would type it. */
function writeLog({ name }: PlannedImage, text: string): string | undefined {
  const path = join('.lab', '.launcher', `build-${name}.log`);
  try {
    mkdirSync(join(PROJECT_FOLDER, '.lab', '.launcher'), { recursive: true });
    writeFileSync(join(PROJECT_FOLDER, path), text);
    return path;
  } catch {
    return undefined; // a checkout of somebody else
  }
}
