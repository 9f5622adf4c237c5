// `./lab dns check FILE`: all that is wrong with a configuration at once, what is most likely not meant, and the proof that
// its answers cannot poison caches. It loads what the server would load, by the server's own code.

import { dirname, resolve } from 'node:path';
import { formatProblem, UserError } from '../../base/errors.ts';
import { type DnsConfig, parseDnsConfig } from '../../dns/config.ts';
import { readZoneKeys } from '../../dns/io/dnssec-keys.ts';
import { loadServer } from '../../dns/io/load-server.ts';
import { type LoadedZones, loadZones } from '../../dns/io/load-zones.ts';
import { formatName, parseName } from '../../dns/wire/name.ts';
import { drive } from '../catchment/drive.ts';
import type { Cli } from '../context.ts';
import { createProgress, type Progress } from '../progress.ts';
import { checkFiles, type Findings } from './check-files.ts';
import { proveScopes } from './check-scopes.ts';
import { configWarnings, type SteeredName } from './config-warnings.ts';
import { readText } from './load-policies.ts';

export interface CheckOptions {
  proof: boolean;
  strict?: boolean;
}

/** False for errors, with `strict` for warnings too. */
export async function runCheck(cli: Cli, file: string, options: CheckOptions): Promise<boolean> {
  const { output } = cli;
  const progress = createProgress(output);
  let findings: Findings;
  try {
    findings = await examine(cli, file, options, progress);
  } finally {
    progress.stop();
  }
  const { errors, warnings, facts } = findings;
  const ok = errors.length === 0 && (!options.strict || warnings.length === 0);
  if (output.json) output.data({ ok, errors, warnings, facts });
  for (const problem of errors) output.print(`${output.style('red', 'error:')} ${formatProblem(problem)}`);
  for (const problem of warnings)
    output.print(`${output.style('yellow', 'warning:')} ${formatProblem(problem)}`);
  for (const fact of facts) output.print(`${output.style('green', 'ok:')} ${fact}`);
  output.print(`${file}: ${counted(errors.length, 'error')}, ${counted(warnings.length, 'warning')}`);
  return ok;
}

async function examine(cli: Cli, file: string, options: CheckOptions, progress: Progress): Promise<Findings> {
  const findings: Findings = { errors: [], warnings: [], facts: [] };
  const tell = (error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    findings.errors.push(...error.problems);
    return undefined;
  };
  progress.doing('reading the configuration and its files');
  const config = await parseDnsConfig(readText(file), file).catch(tell);
  // Nothing below makes sense of a configuration that is not one.
  if (!config) return findings;
  const files = checkFiles(config, file, Date.now());
  const zones = attempt(() => loadZones(config, file, dirname(file)), tell);
  if (zones) {
    const warnings = configWarnings(config, steeredNames(config, zones));
    findings.warnings.push(...warnings.map((problem) => ({ file, ...problem })));
    addZones(config, file, zones, findings);
  }
  findings.errors.push(...files.errors);
  findings.warnings.push(...files.warnings);
  findings.facts.push(...files.facts);
  if (findings.errors.length > 0) return findings;
  // The parts are good: what only the whole shows (secrets, policies over databases).
  progress.doing('compiling the policies over the GeoIP file');
  const loaded = await loadServer(file).catch(tell);
  if (!loaded || !options.proof) return findings;
  const steering = loaded.data.steering;
  const proof = await drive(proveScopes(steering), 'proving that scopes are safe', progress, cli.signal);
  findings.errors.push(...proof.problems);
  if (proof.problems.length === 0 && proof.rules > 0) {
    const { rules, prefixes } = proof;
    findings.facts.push(
      `ECS scopes cannot poison caches: proved for ${counted(rules, 'policy')}, ${counted(prefixes, 'prefix')}`,
    );
  }
  return findings;
}

function steeredNames(config: DnsConfig, { rules }: LoadedZones): SteeredName[] {
  const configured = config.steering.map(({ name }) => parseName(name));
  return rules.map(({ owner, rule }) => {
    const at = configured.indexOf(owner);
    const name = formatName(owner).replace(/\.$/, '');
    return { name, policy: rule.policy, ttl: rule.ttl, ...(at >= 0 && { path: `steering[${at}]` }) };
  });
}

function addZones(config: DnsConfig, file: string, zones: LoadedZones, findings: Findings): void {
  findings.warnings.push(...zones.warnings);
  const names = [...zones.zones.values()].reduce((sum, zone) => sum + zone.nodes.size, 0);
  findings.facts.push(
    `${counted(zones.zones.size, 'zone')} with ${counted(names, 'name')}, ${zones.rules.length} of them steered`,
  );
  if (zones.signed.length === 0) return;
  if (!config.dnssec) {
    const message = 'zones are to be signed, and there is no folder of keys';
    findings.errors.push({
      file,
      path: 'dnssec',
      message,
      hint: '"dnssec": {"keys": "keys"}, and ./lab dns keygen ZONE --out keys',
    });
    return;
  }
  const folder = resolve(dirname(file), config.dnssec.keys);
  const { keys, problems } = readZoneKeys(folder, zones.signed, Math.floor(Date.now() / 1000));
  findings.errors.push(...problems);
  const count = [...keys.values()].reduce((sum, list) => sum + list.length, 0);
  if (problems.length === 0)
    findings.facts.push(`${counted(zones.signed.length, 'signed zone')}, ${counted(count, 'key')}`);
}

function attempt<Result>(task: () => Result, tell: (error: unknown) => undefined): Result | undefined {
  try {
    return task();
  } catch (error) {
    return tell(error);
  }
}

const PLURALS: Record<string, string> = { prefix: 'prefixes', policy: 'policies' };

function counted(count: number, word: string): string {
  return `${count} ${count === 1 ? word : (PLURALS[word] ?? `${word}s`)}`;
}
