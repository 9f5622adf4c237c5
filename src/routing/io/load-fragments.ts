// Reads the hand-written BIRD fragments of bird/, so that the config generator stays pure.

import { readdirSync, readFileSync } from 'node:fs';
import type { BirdFragments } from '../bird-config.ts';

const FOLDER = new URL('../../../bird/', import.meta.url);

/** Text by file name: `{'export.conf': '...'}`. */
export function loadBirdFragments(folder: URL = FOLDER): BirdFragments {
  const names = readdirSync(folder).filter((name) => name.endsWith('.conf'));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]));
}
