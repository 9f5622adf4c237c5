// Every city code is in the gazetteer, and everything that stands somewhere says where.

import { nearestNames } from '../../base/suggest.ts';
import type { ValuePath } from '../../base/yaml-source.ts';
import type { Finding } from '../finding.ts';
import { citySlug, clientCityCode } from '../names.ts';
import type { ReadablePart } from '../readable-part.ts';
import type { ReferenceData } from '../reference-data.ts';
import type { City } from '../resolved.ts';

export function cityFindings(part: ReadablePart, { cities }: ReferenceData): Finding[] {
  const codes: [code: string, path: ValuePath][] = [
    ...Object.entries(part.transits).flatMap(([name, { routers }]) =>
      routers.map((code, i): [string, ValuePath] => [code, ['transits', name, 'routers', i]]),
    ),
    ...Object.entries(part.ixps).map(([name, { city }]): [string, ValuePath] => [
      city,
      ['ixps', name, 'city'],
    ]),
    ...Object.entries(part.pops).map(([code, pop]) => placed(code, pop, ['pops', code])),
    ...Object.entries(part.publicResolver?.sites ?? {}).map(([code, site]) =>
      placed(code, site, ['publicResolver', 'sites', code]),
    ),
    ...(['origin', 'root'] as const).flatMap((key): [string, ValuePath][] => {
      const section = part[key];
      return section ? [[section.city, [key, 'city']]] : [];
    }),
    ...Object.entries(part.clients).flatMap(([name, { city }]): [string, ValuePath][] =>
      city === undefined ? [] : [[city, ['clients', name, 'city']]],
    ),
  ];
  return [
    ...codes.filter(([code]) => !cities.has(code)).map(([code, path]) => unknownCity(code, path, cities)),
    ...Object.entries(part.clients)
      .filter(([name, { city }]) => clientCityCode(name, city, cities) === undefined)
      .map(([name]) => ({
        path: ['clients', name],
        message: `no city for the client location ${name}`,
        expected: "a `city`, or a name that is a city's: london, new-york",
        hint: nameHint(name, cities) ?? 'add `city: CODE`, with a code of geoip/cities.csv',
      })),
  ];
}

/** POPs and resolver sites stand in the city whose code they have, unless they say another. */
function placed(code: string, { city }: { city?: string }, path: ValuePath): [string, ValuePath] {
  return city === undefined ? [code, path] : [city, [...path, 'city']];
}

function unknownCity(code: string, path: ValuePath, cities: Map<string, City>): Finding {
  const near = [...cities.values()].filter((city) => isMistyped(code, city.code));
  const names = near.map((city) => `${city.code} (${city.name})`);
  return {
    path,
    message: `unknown city ${code}`,
    expected: 'a city code of geoip/cities.csv',
    hint:
      names.length > 0
        ? `did you mean ${names.join(' or ')}?`
        : 'add the city to geoip/cities.csv, or choose one of it',
  };
}

/** Codes are too short for edit distance: one letter is wrong, or the letters are in the wrong order. */
function isMistyped(typed: string, code: string): boolean {
  const wrong = [...code].filter((letter, i) => letter !== typed[i]).length;
  return wrong === 1 || [...typed].sort().join('') === [...code].sort().join('');
}

function nameHint(name: string, cities: Map<string, City>): string | undefined {
  const near = nearestNames(name, [...cities.values()].map(citySlug));
  return near.length > 0 ? `did you mean ${near.join(' or ')}? Else add \`city: CODE\`` : undefined;
}
