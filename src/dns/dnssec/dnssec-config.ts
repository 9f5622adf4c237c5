// The `dnssec` part of the configuration: where the keys are and how signatures are made.

import { z } from '../../base/schema.ts';

const MAX_VALIDITY_DAYS = 30;

export const dnssecSchema = z.strictObject({
  /** Folder of key files in BIND's format; the same on every server of an anycast set. */
  keys: z.string().check(z.minLength(1)),
  /** A signature in use is valid for at least a day less than this; less than two days would end within caches. */
  signatureValidityDays: z._default(z.number().check(z.gte(2), z.lte(MAX_VALIDITY_DAYS)), 7),
  dnskeyTtlSeconds: z._default(z.int().check(z.gte(1), z.lte(86400)), 3600),
  /** CDS and CDNSKEY records for the parent (RFC 8078), for keys whose files do not say when. */
  publishCds: z._default(z.boolean(), true),
  /** Signatures kept for reuse, in each worker; about 600 bytes each. */
  cachedSignatures: z._default(z.int().check(z.gte(100), z.lte(10_000_000)), 20_000),
});

export type DnssecConfig = z.infer<typeof dnssecSchema>;
