import { describe, expect, it } from 'vitest';
import { delayBetween, IN_CITY_DELAY_MS } from '../../src/topology/delays.ts';
import { readReferenceData } from '../../src/topology/io/read-reference-data.ts';
import { pairKey } from '../../src/topology/reference-data.ts';
import type { City } from '../../src/topology/resolved.ts';

const data = readReferenceData();
const city = (code: string) => data.cities.get(code) as City;
const between = (a: string, b: string, statedMs?: number) => delayBetween(city(a), city(b), data, statedMs);

describe('the delay between two cities', () => {
  it('is half of the cited round trip, in both directions, and says from where', () => {
    expect(between('lon', 'nyc').delayMs).toBe((data.delays.get(pairKey('lon', 'nyc'))?.rttMs ?? 0) / 2);
    expect(between('nyc', 'lon')).toEqual(between('lon', 'nyc'));
    expect(between('lon', 'nyc').source).toContain('WonderNetwork');
  });

  it('is computed from distance and region where nothing is cited', () => {
    const delay = between('dub', 'lis');
    // 1640 km: 3 ms and 1.99 times 16.1 ms of fibre, halved.
    expect(delay.delayMs).toBeCloseTo(17.5, 0);
    expect(delay.source).toContain('formula');
  });

  it('is what the topology states, if it does', () => {
    expect(between('lon', 'nyc', 3)).toEqual({ delayMs: 3, source: 'stated in the topology' });
  });

  it('is a metropolitan one within a city', () => {
    expect(between('fra', 'fra').delayMs).toBe(IN_CITY_DELAY_MS);
  });
});

describe('the reference data', () => {
  it('has every city once, with a plausible place', () => {
    expect(data.cities.size).toBe(58);
    for (const [code, { name, country, continent, latitude, longitude }] of data.cities) {
      expect(code).toMatch(/^[a-z]{3}$/);
      expect(name).not.toBe('');
      expect(country).toMatch(/^[A-Z]{2}$/);
      expect(['AF', 'AS', 'EU', 'NA', 'OC', 'SA']).toContain(continent);
      expect(Math.abs(latitude)).toBeLessThan(66);
      expect(Math.abs(longitude)).toBeLessThanOrEqual(180);
    }
  });

  it('cites delays between known cities, no faster than light in fibre by more than cable routes explain', () => {
    for (const [pair, { rttMs, source }] of data.delays) {
      const [a = '', b = ''] = pair.split('-');
      expect(data.cities.has(a) && data.cities.has(b), pair).toBe(true);
      expect(rttMs, pair).toBeGreaterThan(0);
      expect(source, pair).not.toBe('');
    }
  });
});
