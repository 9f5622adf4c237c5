// The part of a topology file that has the right shape, entry by entry, so that one slip does not hide the mistakes in
// the rest: what is wrong in a badly shaped entry is told by the schema, the others are checked for sense all the same.

import type { z } from 'zod';
import { sectionSchemas, type TopologyInput } from './schema.ts';

/** A whole topology is one too. */
export type ReadablePart = Pick<TopologyInput, 'transits' | 'ixps' | 'pops' | 'clients'> &
  Partial<Pick<TopologyInput, 'cdn' | 'publicResolver' | 'origin' | 'root' | 'steering'>> & {
    /** With holes where an entry was unreadable; forEach and Object.entries pass over them. */
    interconnects: TopologyInput['interconnects'];
    /** Names in the file, readable entries or not: a reference to any of these is not to nowhere. */
    declared: Record<'transits' | 'ixps' | 'pops' | 'clients' | 'sites', string[]>;
    /** Top-level keys in the file. */
    sections: string[];
  };

export function readablePart(value: unknown): ReadablePart {
  const file = asRecord(value);
  const section = <T>(key: string, schema: z.ZodType<T>) => readableEntries(asRecord(file[key]), schema);
  const one = <T>(key: string, schema: z.ZodType<T>): T | undefined => schema.safeParse(file[key]).data;
  const interconnects: TopologyInput['interconnects'] = [];
  if (Array.isArray(file['interconnects'])) {
    file['interconnects'].forEach((entry, i) => {
      const readable = sectionSchemas.interconnect.safeParse(entry);
      if (readable.success) interconnects[i] = readable.data;
    });
  }
  return {
    transits: section('transits', sectionSchemas.transit),
    interconnects,
    ixps: section('ixps', sectionSchemas.ixp),
    cdn: one('cdn', sectionSchemas.cdn),
    pops: section('pops', sectionSchemas.pop),
    clients: section('clients', sectionSchemas.client),
    publicResolver: one('publicResolver', sectionSchemas.publicResolver),
    origin: one('origin', sectionSchemas.site),
    root: one('root', sectionSchemas.site),
    steering: one('steering', sectionSchemas.steering),
    declared: {
      transits: Object.keys(asRecord(file['transits'])),
      ixps: Object.keys(asRecord(file['ixps'])),
      pops: Object.keys(asRecord(file['pops'])),
      clients: Object.keys(asRecord(file['clients'])),
      sites: Object.keys(asRecord(asRecord(file['publicResolver'])['sites'])),
    },
    sections: Object.keys(file),
  };
}

function readableEntries<T>(entries: Record<string, unknown>, schema: z.ZodType<T>): Record<string, T> {
  const readable: Record<string, T> = {};
  for (const [name, entry] of Object.entries(entries)) {
    const parsed = schema.safeParse(entry);
    if (parsed.success) readable[name] = parsed.data;
  }
  return readable;
}

function asRecord(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
