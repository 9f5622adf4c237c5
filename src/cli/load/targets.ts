// Names to addresses, and the question whether load may be sent there at all. The address that was judged is the one that
// is connected to: a name that changes in between leads nowhere else.

import { lookup } from 'node:dns/promises';
import { UserError } from '../../base/errors.ts';
import { mayLoad } from '../../load/address-guard.ts';
import type { LoadTarget } from '../../load/load-plan.ts';

export interface NamedTarget {
  hostname: string;
  port: number;
  host: string;
}

/** @throws UserError for a name without address, or an address that is neither this machine's nor the lab's. */
export async function resolveTargets(
  targets: readonly NamedTarget[],
  ownsThem: boolean,
): Promise<LoadTarget[]> {
  return Promise.all(
    targets.map(async ({ hostname, port, host }) => {
      const { address } = await lookup(hostname).catch((cause: Error) => {
        const hint = 'names of the lab are known in its nodes: --from london';
        throw new UserError({ message: `there is no address of ${hostname}: ${cause.message}`, hint }, 1, {
          cause,
        });
      });
      if (!ownsThem && !mayLoad(address)) {
        throw new UserError({
          message: `${hostname} (${address}) is neither this machine nor of the lab`,
          hint: 'load on other people’s servers is an attack; if it is yours: --yes-i-own-this',
        });
      }
      return { address, port, host };
    }),
  );
}
