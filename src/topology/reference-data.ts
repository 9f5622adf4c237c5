// What the lab knows of the world outside a topology file: cities, cited delays, how much longer than a straight line
// fibre paths are, and the last mile by technology. CSV text in, typed tables out; io/read-reference-data.ts reads the files.

import type { AccessProfileName, City } from './resolved.ts';

export interface AccessProfile {
  rttMs: number;
  /** Standard deviation of the round-trip time. */
  jitterMs: number;
  lossPercent: number;
}

export interface CitedDelay {
  rttMs: number;
  source: string;
}

export interface ReferenceData {
  /** By code: `fra`. */
  cities: Map<string, City>;
  /** By `pairKey` of two city codes. */
  delays: Map<string, CitedDelay>;
  /** By `pairKey` of two regions. */
  stretch: Map<string, number>;
  accessProfiles: Record<AccessProfileName, AccessProfile>;
}

/** Content of geoip/cities.csv and of the CSV files of netem/. */
export interface ReferenceTexts {
  cities: string;
  delays: string;
  stretch: string;
  accessProfiles: string;
}

export function parseReferenceData(texts: ReferenceTexts): ReferenceData {
  const profiles = csvRows(texts.accessProfiles).map(
    ([name = '', rtt, jitter, loss]) =>
      [name, { rttMs: Number(rtt), jitterMs: Number(jitter), lossPercent: Number(loss) }] as const,
  );
  return {
    cities: new Map(csvRows(texts.cities).map((row) => [row[0] ?? '', cityOf(row)])),
    delays: new Map(
      csvRows(texts.delays).map(([a = '', b = '', rtt, ...source]) => [
        pairKey(a, b),
        { rttMs: Number(rtt), source: source.join(', ') },
      ]),
    ),
    stretch: new Map(csvRows(texts.stretch).map(([a = '', b = '', value]) => [pairKey(a, b), Number(value)])),
    accessProfiles: Object.fromEntries(profiles) as Record<AccessProfileName, AccessProfile>,
  };
}

/** One key for both directions of a pair. */
export function pairKey(a: string, b: string): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}

function cityOf([code = '', name = '', country = '', continent = '', latitude, longitude]: string[]): City {
  return { name, code, country, continent, latitude: Number(latitude), longitude: Number(longitude) };
}

/** Our own files: no quoting, `#` comments, one header line. */
function csvRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .slice(1)
    .map((line) => line.split(',').map((cell) => cell.trim()));
}
