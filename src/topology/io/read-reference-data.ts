// Reads the gazetteer and the delay facts that come with the project (geoip/, netem/).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../base/project-folder.ts';
import { parseReferenceData, type ReferenceData } from '../reference-data.ts';

export function readReferenceData(folder = PROJECT_FOLDER): ReferenceData {
  const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
  return parseReferenceData({
    cities: read('geoip', 'cities.csv'),
    delays: read('netem', 'delays.csv'),
    stretch: read('netem', 'path-stretch.csv'),
    accessProfiles: read('netem', 'access-profiles.csv'),
  });
}
