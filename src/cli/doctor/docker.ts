// What the docker runtime finds here: an engine that will do, Compose, and the images. All of it can be missing without
// harm where labs run on network namespaces.

import { isRefusal } from '../../runtimes/docker/engine-facts.ts';
import type { Check } from './check.ts';

const MEANS = 'the docker runtime cannot be used; labs run on network namespaces (--runtime netns)';

export async function dockerChecks(): Promise<Check[]> {
  const { findEngine } = await import('../../runtimes/docker/engine.ts');
  const engine = await findEngine();
  const common = { name: 'Docker engine', means: MEANS };
  if (isRefusal(engine)) return [{ ...common, state: 'limited', found: engine.reason, hint: engine.hint }];
  const { lookForCompose } = await import('../../runtimes/docker/compose-command.ts');
  const compose = await lookForCompose(engine);
  return [
    { ...common, state: 'ok', found: `${engine.version} (API ${engine.apiVersion}) on ${engine.socket}` },
    {
      name: 'Docker Compose',
      means: MEANS,
      ...(isRefusal(compose)
        ? { state: 'limited', found: compose.reason, hint: compose.hint }
        : { state: 'ok', found: `${compose.version} (${compose.argv.join(' ')})` }),
    },
    await imagesCheck(engine),
  ];
}

async function imagesCheck(
  engine: Parameters<typeof import('../../runtimes/docker/images/ensure-images.ts').wantedImages>[0],
): Promise<Check> {
  const { wantedImages } = await import('../../runtimes/docker/images/ensure-images.ts');
  const common = { name: 'Docker images', hint: './lab images' };
  try {
    const { images, base } = await wantedImages(engine);
    const missing = images.filter(({ present }) => !present).map(({ name }) => name);
    return {
      ...common,
      state: missing.length === 0 ? 'ok' : 'limited',
      found: missing.length === 0 ? `${images.length} built` : `not built: ${missing.join(' ')}`,
      means: `the first lab on Docker builds them, in half a minute${base ? '' : ' and a base image, which takes a registry or root and debootstrap'}`,
    };
  } catch (error) {
    return {
      ...common,
      state: 'limited',
      found: (error as Error).message,
      means: 'labs on Docker stand on them',
    };
  }
}
