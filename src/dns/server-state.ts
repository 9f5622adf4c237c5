// What answers a query: zones, steering, and the settings of the protocol. `ServerData` is plain data, made at a load and
// handed to every thread; `ServerState` is what one thread builds from it. Between two loads only the steering's
// snapshot, its RTTs and the addresses of outside aliases change.

import type { Prefix } from '../net/prefix.ts';
import type { SigningData } from './dnssec/signing-data.ts';
import type { RateLimitSettings } from './rate-limit.ts';
import type { CompiledSteering } from './steering/compile.ts';
import type { Name } from './wire/name.ts';
import type { TsigSettings } from './zone/tsig-handler.ts';
import type { Zone } from './zone/zone.ts';

export interface SteeringRule {
  /** The name it is stored under; `*.…` for a wildcard. */
  owner: Name;
  /** Of the compiled steering's rules. */
  index: number;
  /** The config's word for the policy. */
  policy: string;
  /** Families that it could ever answer. */
  families: { ipv4: boolean; ipv6: boolean };
  ttl: { minSeconds: number; maxSeconds: number };
}

/** Addresses of an ALIAS target outside our zones, as last looked up. */
export interface OutsideAddresses {
  ipv4: readonly Uint8Array[];
  ipv6: readonly Uint8Array[];
  ttlSeconds: number;
}

export interface ServerData {
  zones: ReadonlyMap<Name, Zone>;
  rules: ReadonlyMap<Name, SteeringRule>;
  steering: CompiledSteering;
  /** By zone: who may take a copy of it. */
  transferPeers: ReadonlyMap<Name, readonly Prefix[]>;
  /** Empty: not told. */
  nsid: string;
  /** Answer to `version.bind`; empty: refused. */
  version: string;
  /** 16 bytes each, the current one first; empty: cookies are off. */
  cookieSecrets: readonly Uint8Array[];
  rateLimit?: RateLimitSettings;
  /** Keys of the zones that are signed. */
  signing?: SigningData;
  /** Keys of secondaries, and which zones go to the holders of which. */
  tsig?: Pick<TsigSettings, 'keys' | 'keyOfZone'>;
}
