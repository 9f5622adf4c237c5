// GeoIP databases for explanations: answering reads compiled tables only, so the file is opened when somebody asks why, and
// let go of a minute later, since a city database is as large as all the rest of the server.

import { readFileSync } from 'node:fs';
import { UserError } from '../../base/errors.ts';
import { MmdbTree } from '../../geoip/mmdb-tree.ts';
import type { DnsConfig } from '../config.ts';
import type { ExplainSources } from '../steering/explain-steering.ts';

const KEEP_MS = 60_000;

export interface GeoipSources {
  /** @throws UserError when a file cannot be read */
  open(): Pick<ExplainSources, 'city' | 'asn'>;
}

export function geoipSources(geoip: DnsConfig['geoip'], pathOf: (file: string) => string): GeoipSources {
  let kept: Pick<ExplainSources, 'city' | 'asn'> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const files = typeof geoip === 'string' ? { city: geoip } : geoip;
  return {
    open() {
      if (!files) return {};
      kept ??= {
        city: openTree(pathOf(files.city)),
        ...('asn' in files && files.asn && { asn: openTree(pathOf(files.asn)) }),
      };
      clearTimeout(timer);
      timer = setTimeout(() => {
        kept = undefined;
      }, KEEP_MS).unref();
      return kept;
    },
  };
}

function openTree(file: string): MmdbTree {
  try {
    return new MmdbTree(readFileSync(file));
  } catch (error) {
    throw new UserError({ file, message: `cannot read the GeoIP database: ${(error as Error).message}` });
  }
}
