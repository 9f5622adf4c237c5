// Everything that a configuration names on this machine, looked at on its own, so that one bad file does not hide another:
// GeoIP databases, certificates, keys, secrets, tokens, overrides, addresses.

import { X509Certificate } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Problem, UserError } from '../../base/errors.ts';
import type { DnsConfig } from '../../dns/config.ts';
import { idlePatterns } from '../../dns/health/edit-overrides.ts';
import { parseOverrides } from '../../dns/health/overrides.ts';
import { adminGuard, isLoopback } from '../../dns/io/admin-access.ts';
import { readCertificate } from '../../dns/io/dot-certificate.ts';
import { MmdbTree } from '../../geoip/mmdb-tree.ts';
import { formatAddress, parseAddress } from '../../net/ip-address.ts';

export interface Findings {
  errors: Problem[];
  warnings: Problem[];
  /** What was found in order, for people. */
  facts: string[];
}

const DAY_MS = 86_400_000;
/** GeoIP vendors publish weekly or monthly; a city file loses about a percent of its truth a month. */
const OLD_GEOIP_DAYS = 60;
/** Automatic renewal happens 30 days before the end: later, it has failed. */
const CERTIFICATE_ENDS_DAYS = 21;

/** `nowMs` dates certificates and databases. */
export function checkFiles(config: DnsConfig, configFile: string, nowMs: number): Findings {
  const folder = dirname(configFile);
  const findings: Findings = { errors: [], warnings: [], facts: [] };
  const pathOf = (file: string) => resolve(folder, file);
  const examine = (look: () => void) => {
    try {
      look();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      findings.errors.push(...error.problems);
    }
  };
  const geoip = typeof config.geoip === 'string' ? { city: config.geoip } : config.geoip;
  if (geoip) {
    examine(() => checkGeoip(pathOf(geoip.city), nowMs, findings));
    const asn = 'asn' in geoip ? geoip.asn : undefined;
    if (asn !== undefined) examine(() => checkGeoip(pathOf(asn), nowMs, findings));
  }
  for (const part of ['tls', 'https'] as const) {
    const { certificate, key } = config[part] ?? {};
    if (certificate !== undefined && key !== undefined)
      examine(() => checkCertificate({ certificate, key }, folder, nowMs, findings));
  }
  const { admin, cookies, overrides, queryLog } = config;
  if (admin) {
    const tokenFile = 'tokenFile' in admin && admin.tokenFile ? pathOf(admin.tokenFile) : undefined;
    examine(() => adminGuard({ ...admin, ...(tokenFile && { tokenFile }) }));
    if ('path' in admin) checkFolderOf(pathOf(admin.path), 'admin.path', configFile, findings);
  }
  if (cookies !== false && cookies.secretFile !== undefined)
    checkSecret(pathOf(cookies.secretFile), findings);
  if (overrides !== undefined) {
    checkOverrides(config, pathOf(overrides), findings);
    checkFolderOf(pathOf(overrides), 'overrides', configFile, findings);
  }
  if (queryLog) checkFolderOf(pathOf(queryLog.file), 'queryLog.file', configFile, findings);
  checkAddresses(config, configFile, findings);
  return findings;
}

function checkGeoip(file: string, nowMs: number, { warnings, facts }: Findings): void {
  let tree: MmdbTree;
  try {
    tree = new MmdbTree(readFileSync(file));
  } catch (cause) {
    const hint = 'it has to be an MMDB file, not compressed, such as GeoLite2-City.mmdb';
    const message = `cannot read the GeoIP database: ${(cause as Error).message}`;
    throw new UserError({ file, message, hint }, 1, { cause });
  }
  const days = Math.floor((nowMs - tree.builtAt.getTime()) / DAY_MS);
  facts.push(`GeoIP: ${tree.databaseType}, ${tree.nodeCount} nodes, built ${days} days ago`);
  if (days > OLD_GEOIP_DAYS) warnings.push({ file, message: `the GeoIP database is ${days} days old` });
}

function checkCertificate(
  files: { certificate: string; key: string },
  folder: string,
  nowMs: number,
  { errors, warnings, facts }: Findings,
): void {
  const { cert } = readCertificate(files, folder);
  const { validTo, subject } = new X509Certificate(cert);
  const days = Math.floor((Date.parse(validTo) - nowMs) / DAY_MS);
  const file = files.certificate;
  if (days < 0) errors.push({ file, message: `the certificate ended on ${validTo}` });
  else if (days < CERTIFICATE_ENDS_DAYS)
    warnings.push({ file, message: `the certificate ends in ${days} days` });
  facts.push(`certificate ${subject.replaceAll('\n', ', ')}: valid for ${days} days`);
  const mode = statSync(resolve(folder, files.key)).mode;
  if ((mode & 0o007) !== 0) errors.push(readableByOthers(files.key, mode));
}

function checkSecret(file: string, { errors }: Findings): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  // That it cannot be read is told when the server's own loading is tried.
  if (stats && (stats.mode & 0o007) !== 0) errors.push(readableByOthers(file, stats.mode));
}

function readableByOthers(file: string, mode: number): Problem {
  const found = `mode ${(mode & 0o777).toString(8).padStart(4, '0')}`;
  return {
    file,
    message: 'others can read this secret',
    expected: 'mode 0600 or 0640',
    found,
    hint: `chmod 600 ${file}`,
  };
}

function checkOverrides(config: DnsConfig, file: string, { errors, warnings, facts }: Findings): void {
  if (!existsSync(file)) return;
  const text = readFileSync(file, 'utf8');
  const { rules, problems } = parseOverrides(text, file);
  errors.push(...problems);
  const names = config.pops.map(({ name }) => name);
  for (const pattern of idlePatterns(text, names))
    warnings.push({ file, message: `no POP is called ${pattern}` });
  if (rules.length > 0)
    facts.push(`overrides: ${rules.map(({ pattern, state }) => `${pattern} => ${state}`).join(', ')}`);
}

function checkFolderOf(file: string, path: string, configFile: string, { errors }: Findings): void {
  const folder = dirname(file);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    const message = `cannot write into ${folder}`;
    errors.push({ file: configFile, path, message, hint: `mkdir -p ${folder}, or run as the server's user` });
  }
}

/** Warnings only: a configuration may be checked on another machine than it is for. */
function checkAddresses(config: DnsConfig, file: string, { warnings }: Findings): void {
  const mine = new Set(
    Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).map(({ address }) => canonical(address)),
    ),
  );
  const places = [
    ...config.listen.map((place, i) => ({ ...place, path: `listen[${i}]` })),
    ...(config.tls?.listen ?? []).map((place, i) => ({ ...place, path: `tls.listen[${i}]` })),
    ...(config.https?.listen ?? []).map((place, i) => ({ ...place, path: `https.listen[${i}]` })),
  ];
  for (const { address, port, path } of places) {
    const wildcard = parseAddress(address)?.every((byte) => byte === 0) === true;
    if (!wildcard && !isLoopback(address) && !mine.has(canonical(address))) {
      const hint = `ip address add ${address} dev lo`;
      warnings.push({ file, path, message: `no interface of this machine has ${address}`, hint });
    }
    if (port > 0 && port < 1024 && process.getuid?.() !== 0) {
      const hint = 'systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE';
      warnings.push({ file, path, message: `port ${port} needs root or CAP_NET_BIND_SERVICE`, hint });
    }
  }
}

function canonical(address: string): string {
  const bytes = parseAddress(address);
  return bytes ? formatAddress(bytes) : address;
}
