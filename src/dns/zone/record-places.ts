// Where each record of a zone was written, for messages. Built only when something is to be said: a good zone costs
// nothing, and a bad one of 100 000 names is not searched once per message.

import type { Problem } from '../../base/errors.ts';
import type { Name } from '../wire/name.ts';
import type { ZoneRecord } from './master-file.ts';

/** File and line of the first record of a name and type; of the first of any type without `type`. */
export type RecordPlaces = (owner: Name, type?: number) => Pick<Problem, 'file' | 'line'>;

export function recordPlaces(records: readonly ZoneRecord[]): RecordPlaces {
  let index: Map<string, ZoneRecord> | undefined;
  return (owner, type) => {
    index ??= buildIndex(records);
    const record = index.get(type === undefined ? owner : `${type} ${owner}`);
    return record ? { file: record.file, line: record.line } : {};
  };
}

function buildIndex(records: readonly ZoneRecord[]): Map<string, ZoneRecord> {
  const index = new Map<string, ZoneRecord>();
  for (const record of records) {
    const key = `${record.type} ${record.owner}`;
    if (!index.has(key)) index.set(key, record);
    if (!index.has(record.owner)) index.set(record.owner, record);
  }
  return index;
}
