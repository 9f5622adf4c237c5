// What signing needs, as plain data that is handed to every thread.

import type { Name } from '../wire/name.ts';
import type { DnssecConfig } from './dnssec-config.ts';
import type { ZoneKey } from './zone-key.ts';

export type SigningSettings = Omit<DnssecConfig, 'keys'>;

export interface SigningData extends SigningSettings {
  /** By zone; zones without an entry are not signed. */
  keys: ReadonlyMap<Name, readonly ZoneKey[]>;
}
