// Starts the profile `observability` of a lab that runs: the metrics gateway, Prometheus and Grafana.

import { UserError } from '../../base/errors.ts';
import { labFolder } from '../lab-folder.ts';
import { findCompose } from './compose-command.ts';
import type { Engine } from './engine.ts';
import { imageId, pullImage } from './images/pull-image.ts';
import { COMPOSE_FILE } from './lab-files.ts';
import {
  GRAFANA_IMAGE,
  GRAFANA_PORT_VARIABLE,
  OBSERVABILITY_PROFILE,
  PROMETHEUS_IMAGE,
  PROMETHEUS_PORT_VARIABLE,
} from './observability.ts';
import { composeUp, projectName } from './project.ts';

/** URLs on this machine by service. Throws a UserError when an image is neither here nor can be pulled. */
export async function observe(
  engine: Engine,
  lab: string,
  { onDoing, signal }: { onDoing?: (message: string) => void; signal?: AbortSignal } = {},
): Promise<Record<string, string>> {
  for (const image of [PROMETHEUS_IMAGE, GRAFANA_IMAGE]) {
    if (await imageId(engine.docker, image)) continue;
    onDoing?.(`pulling ${image}`);
    const why = await pullImage(engine.docker, image, signal);
    if (why === undefined) continue;
    throw new UserError({
      message: `the image ${image} is not here and cannot be pulled: ${why}`,
      hint: `the lab runs without it; ./lab metrics serves a Prometheus of your own (docs/observability.md), or bring the image here: docker save on another machine, docker load on this one`,
    });
  }
  await composeUp(await findCompose(engine), engine, {
    project: projectName(lab),
    folder: labFolder(lab).root,
    files: [COMPOSE_FILE],
    profiles: [OBSERVABILITY_PROFILE],
    services: ['metrics', 'prometheus', 'grafana'],
    ...(signal && { signal }),
  });
  const port = (variable: string, usual: number) => process.env[variable] ?? usual;
  return {
    prometheus: `http://127.0.0.1:${port(PROMETHEUS_PORT_VARIABLE, 9090)}`,
    grafana: `http://127.0.0.1:${port(GRAFANA_PORT_VARIABLE, 3000)}`,
  };
}
