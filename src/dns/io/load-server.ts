// Everything that a configuration names, read and checked: zones, steering compiled over GeoIP, secrets, keys. What comes out
// is what threads answer from; nothing is in force yet, so a bad file changes nothing.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Problem, UserError } from '../../base/errors.ts';
import { type DnsConfig, parseDnsConfig, steeringPartsOf } from '../config.ts';
import { SECRET_BYTES } from '../cookies.ts';
import type { SigningData } from '../dnssec/signing-data.ts';
import { type PlanSources, planAnswer } from '../plan.ts';
import type { ServerData, SteeringRule } from '../server-state.ts';
import { Steering } from '../steering/steering.ts';
import { TYPES } from '../wire/constants.ts';
import { formatName, type Name } from '../wire/name.ts';
import { parseTsigKeys } from '../zone/tsig-keys.ts';
import type { NotifyTarget } from '../zone/zone-config.ts';
import { healthFileProblems } from './check-plan.ts';
import { compileAnywhere } from './compile-steering.ts';
import { loadSigning } from './dnssec-keys.ts';
import { type LoadedZones, loadZones } from './load-zones.ts';

export interface LoadedServer {
  config: DnsConfig;
  /** Makes a path of the configuration absolute. */
  pathOf: (file: string) => string;
  data: ServerData;
  notify: ReadonlyMap<Name, readonly NotifyTarget[]>;
  /** What the GeoIP database says of itself: how old its knowledge is. */
  geoipBuiltAt?: Date;
  /** Targets of ALIAS records in none of our zones. */
  outsideTargets: Name[];
  warnings: Problem[];
}

export interface LoadOptions {
  /** The file that the compiler's thread is started from; without it big databases are compiled here. */
  program?: string;
  /** Instead of compileAnywhere: one that remembers. */
  compile?: typeof compileAnywhere;
  /** Where no secret is configured: made once a process, so that a reload makes no cookie bad. */
  madeUpSecret?: Uint8Array;
}

/** @throws UserError with every problem of the configuration, the zones, the policies and the databases. */
export async function loadServer(configFile: string, options: LoadOptions = {}): Promise<LoadedServer> {
  const config = await parseDnsConfig(readText(configFile), configFile);
  const folder = dirname(configFile);
  const pathOf = (file: string) => resolve(folder, file);
  const fileProblems = healthFileProblems(config, pathOf);
  if (fileProblems.length > 0) throw new UserError(fileProblems);
  const zones = loadZones(config, configFile, folder);
  const geoip = typeof config.geoip === 'string' ? { city: config.geoip } : config.geoip;
  const { steering: compiled, geoipBuiltAt } = await (options.compile ?? compileAnywhere)(
    {
      input: { ...steeringPartsOf(config), rules: zones.rules.map(({ rule }) => rule) },
      ...(geoip && { city: pathOf(geoip.city) }),
      ...(geoip && 'asn' in geoip && geoip.asn && { asn: pathOf(geoip.asn) }),
    },
    options.program,
  );
  const steering = new Steering(compiled);
  const rules = new Map<Name, SteeringRule>();
  for (const [index, { owner, rule }] of zones.rules.entries()) {
    const policy = typeof rule.policy === 'string' ? rule.policy : rule.policy.type;
    rules.set(owner, { owner, index, policy, families: steering.families(index), ttl: rule.ttl });
  }
  const tsig = readTsig(config, pathOf, zones);
  const signing = signingOf(config, configFile, pathOf, zones.signed);
  return {
    config,
    pathOf,
    data: {
      zones: zones.zones,
      rules,
      steering: compiled,
      transferPeers: zones.transferPeers,
      nsid: config.nsid,
      version: config.version,
      cookieSecrets: cookieSecrets(config, pathOf, options),
      ...(config.rateLimit !== false && { rateLimit: config.rateLimit }),
      ...(signing && { signing }),
      ...(tsig && { tsig }),
    },
    notify: zones.notify,
    ...(geoipBuiltAt && { geoipBuiltAt }),
    outsideTargets: outsideTargets({ zones: zones.zones, rules }),
    warnings: zones.warnings,
  };
}

/** Of all ALIAS records, those targets that none of our zones has. */
function outsideTargets(sources: PlanSources): Name[] {
  const targets = new Set<Name>();
  for (const zone of sources.zones.values()) {
    for (const owner of zone.aliases.keys()) {
      for (const type of [TYPES.A, TYPES.AAAA]) {
        const { ending } = planAnswer(sources, { name: owner, type }, zone);
        if (ending.kind === 'outside') targets.add(ending.target);
      }
    }
  }
  return [...targets];
}

function signingOf(
  { dnssec }: DnsConfig,
  configFile: string,
  pathOf: (file: string) => string,
  signed: readonly Name[],
): SigningData | undefined {
  if (signed.length === 0) return undefined;
  if (!dnssec) {
    throw new UserError({
      file: configFile,
      path: 'dnssec',
      message: `${signed.map(formatName).join(', ')} are to be signed, but there are no keys`,
      hint: 'add "dnssec": {"keys": "keys"} and make a key: ./lab dns keygen ZONE --out keys',
    });
  }
  return loadSigning(dnssec, pathOf, signed);
}

const NO_TSIG_KEYS: ReturnType<typeof parseTsigKeys> = { keys: new Map(), problems: [] };

function readTsig(
  { tsigKeys: file }: DnsConfig,
  pathOf: (file: string) => string,
  { tsigKeyOf }: LoadedZones,
): ServerData['tsig'] {
  const { keys, problems } = file === undefined ? NO_TSIG_KEYS : parseTsigKeys(readText(pathOf(file)), file);
  const missing = [...tsigKeyOf]
    .filter(([, name]) => !keys.has(name))
    .map(
      ([zone, name]): Problem => ({
        message: `the zone ${formatName(zone)} is for holders of the TSIG key ${formatName(name)}, which is in no file`,
        hint: 'make one: tsig-keygen NAME >> tsig.keys, and name the file: "tsigKeys": "tsig.keys"',
      }),
    );
  if (problems.length + missing.length > 0) throw new UserError([...problems, ...missing]);
  return file === undefined ? undefined : { keys, keyOfZone: tsigKeyOf };
}

function cookieSecrets(
  { cookies }: DnsConfig,
  pathOf: (file: string) => string,
  { madeUpSecret }: LoadOptions,
): Uint8Array[] {
  if (cookies === false) return [];
  if (cookies.secretFile === undefined) return [madeUpSecret ?? randomBytes(SECRET_BYTES)];
  const file = cookies.secretFile;
  const lines = readText(pathOf(file)).split(/\s+/).filter(Boolean);
  const wrong = lines.findIndex((line) => !/^[0-9a-f]{32}$/i.test(line));
  if (wrong >= 0 || lines.length === 0) {
    throw new UserError({
      file,
      ...(wrong >= 0 && { line: wrong + 1 }),
      message: 'not a cookie secret',
      expected: '32 hexadecimal digits a line, the current secret first',
      hint: `make one: openssl rand -hex 16 > ${file}`,
    });
  }
  return lines.map((line) => Buffer.from(line, 'hex'));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError({ file, message: `cannot read it: ${(error as Error).message}` });
  }
}
