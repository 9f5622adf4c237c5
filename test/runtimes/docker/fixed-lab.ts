// The lab whose generated files are golden: the plan of a topology with everything fixed that a machine would choose.

import { planFor } from '../../../src/deployment/up.ts';
import { addressPlan } from '../../../src/runtimes/docker/address-plan.ts';
import { type ComposeFile, composeFile } from '../../../src/runtimes/docker/compose-file.ts';
import { labLabels } from '../../../src/runtimes/docker/labels.ts';
import {
  MANAGEMENT_NETWORK,
  managementNetwork,
  observabilityServices,
} from '../../../src/runtimes/docker/observability.ts';
import type { LabPlan, Shaping } from '../../../src/runtimes/lab-plan.ts';

export const FIXED = {
  lab: { name: 'tiny', folder: '/home/you/catchment/.lab/tiny' },
  files: '/home/you/catchment/.lab/tiny/files',
  run: '/home/you/catchment/.lab/tiny/run',
  addresses: addressPlan('10.213.0.0/19'),
  images: {
    client: 'catchment/client:c',
    router: 'catchment/router:r',
    resolver: 'catchment/resolver:v',
    service: 'catchment/service:s',
  },
  // What YAML 1.1 takes for 60050 where it is not quoted.
  user: '1000:50',
} as const;

export function planOf(topology: string): LabPlan {
  return planFor({ topology }).plan;
}

/** As labComposeFile joins them. */
export function fixedComposeFile(
  plan: LabPlan,
  shaping: Exclude<Shaping, 'auto'>,
  user: string = FIXED.user,
): ComposeFile {
  const file = composeFile(plan, { ...FIXED, shaping, user });
  const labels = labLabels(FIXED.lab);
  const paths = { files: FIXED.files, run: FIXED.run, compose: '/home/you/catchment/compose' };
  const observability = observabilityServices({ images: FIXED.images, user, paths, labels });
  return {
    services: { ...file.services, ...observability },
    networks: { ...file.networks, [MANAGEMENT_NETWORK]: managementNetwork(labels) },
  };
}
