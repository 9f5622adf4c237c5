// unbound's own statistics (unbound-control(8), stats_noreset: `key=value` lines) as metrics. Pure.

import type { Family } from './exposition.ts';

/** By unbound's key; the manual's STATISTICS section says what each counts. */
const KNOWN: Record<string, Omit<Family, 'samples'>> = {
  'total.num.queries': { name: 'unbound_queries_total', help: 'Queries from clients.', type: 'counter' },
  'total.num.cachehits': {
    name: 'unbound_cache_hits_total',
    help: 'Queries answered from the cache.',
    type: 'counter',
  },
  'total.num.cachemiss': {
    name: 'unbound_cache_misses_total',
    help: 'Queries that needed recursion.',
    type: 'counter',
  },
  'total.num.recursivereplies': {
    name: 'unbound_recursive_replies_total',
    help: 'Answers after recursion.',
    type: 'counter',
  },
  'total.num.expired': {
    name: 'unbound_expired_answers_total',
    help: 'Answers from the cache after their TTL (RFC 8767).',
    type: 'counter',
  },
  'total.recursion.time.avg': {
    name: 'unbound_recursion_average_seconds',
    help: 'Mean time of recursion since unbound started.',
    type: 'gauge',
  },
  'total.requestlist.current.all': {
    name: 'unbound_recursions_under_way',
    help: 'Queries being resolved now.',
    type: 'gauge',
  },
};

/** Throws when the text holds none of them: an error message, or another program's answer. */
export function unboundFamilies(text: string): Family[] {
  const families: Family[] = [];
  for (const line of text.split('\n')) {
    const [key = '', value = ''] = line.split('=');
    const family = Object.hasOwn(KNOWN, key) ? KNOWN[key] : undefined;
    if (family && /^\d+(?:\.\d+)?$/.test(value))
      families.push({ ...family, samples: [{ value: Number(value) }] });
  }
  if (families.length === 0) throw new Error(`no statistics in its answer: ${text.slice(0, 80).trim()}`);
  return families;
}
