// All checks of the doctor, in the order shown.

import type { Check } from './check.ts';
import { dockerChecks } from './docker.ts';
import { namespaceCheck, netemCheck, umlCheck } from './kernel.ts';
import { diskCheck, memoryCheck, processorCheck } from './machine.ts';
import { packageChecks } from './packages.ts';
import { koffiCheck, nodeCheck } from './software.ts';

export async function examine(): Promise<Check[]> {
  const results = await Promise.all([
    nodeCheck(),
    namespaceCheck(),
    packageChecks(),
    netemCheck(),
    koffiCheck(),
    umlCheck(),
    dockerChecks(),
    processorCheck(),
    memoryCheck(),
    diskCheck(),
  ]);
  return results.flat();
}
