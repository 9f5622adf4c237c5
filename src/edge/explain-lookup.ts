// The second part of an explanation: what the store had, what gave it its lifetime, and why it was served stale or not.

import type { DecisionRecord, ExplainedStep } from './explain.ts';

export function explainLookup({ lookup, lifetime, stale }: DecisionRecord): ExplainedStep[] {
  const steps: ExplainedStep[] = [];
  if (lookup) steps.push({ about: 'lookup', text: lookupText(lookup), data: lookup });
  if (lifetime) steps.push({ about: 'lifetime', text: lifetimeText(lifetime), data: lifetime });
  if (stale) {
    const text = stale.served
      ? `It is served stale (${stale.cause}): ${stale.because}.`
      : `It is not served stale (${stale.cause}): ${stale.because}.`;
    steps.push({ about: 'stale', text, data: stale });
  }
  return steps;
}

const RESULTS: Record<string, string> = {
  fresh: 'The store has it, and it is fresh.',
  stale: 'The store has it, and it is stale.',
  expired: 'The store has it, and its lifetime is over.',
  'not-stored': 'The store has nothing under this key.',
  'no-cache': 'The store has it, but no-cache wants the origin asked each time.',
  'request-no-cache': 'The store has it, but the client’s no-cache wants the origin asked.',
  'request-pragma': 'The store has it, but the client’s Pragma: no-cache wants the origin asked.',
  'request-max-age': 'The store has it, but it is older than the client’s max-age.',
  'request-min-fresh': 'The store has it, but not fresh for as long as the client’s min-fresh wants.',
  'purged-soft': 'The store has it, but a soft purge made it stale.',
};

function lookupText({ result, candidates, varyNames = [] }: NonNullable<DecisionRecord['lookup']>): string {
  if (result === 'vary-miss' || result.startsWith('no variant')) {
    const count = candidates === 1 ? 'one variant' : `${candidates} variants`;
    return `The store has ${count} of it, none for this client’s ${varyNames.join(', ') || 'fields'} (Vary).`;
  }
  return RESULTS[result] ?? `The store was asked: ${result}.`;
}

type Lifetime = NonNullable<DecisionRecord['lifetime']>;

function lifetimeText(lifetime: Lifetime): string {
  const { seconds, from, ageSeconds } = lifetime;
  const age = Math.floor(ageSeconds);
  if (from === 'none')
    return `It has no lifetime: neither the response nor the route gives one. Its age is ${age} s.`;
  const left = Math.ceil(seconds - ageSeconds);
  const rest = left > 0 ? `${left} s are left` : `it is stale since ${-left} s`;
  return `Its lifetime is ${seconds} s ${sourceText(lifetime)}; its age is ${age} s, so ${rest}.`;
}

function sourceText({ from, field, bounded }: Lifetime): string {
  if (bounded === 'min') return 'by the route’s ttl.min, which is more than the response says';
  if (bounded === 'max') return 'by the route’s ttl.max, which is less than the response says';
  switch (from) {
    case 's-maxage':
    case 'max-age':
      return field === undefined || field === 'cache-control'
        ? `by ${from} of its Cache-Control`
        : `by ${from} of its ${field}, which goes before Cache-Control`;
    case 'expires':
      return 'by its Expires';
    case 'heuristic':
      return 'by the heuristic, a share of its age since Last-Modified';
    case 'pushed':
      return 'by the push that put it here';
    case 'route-default':
      return 'by the route’s ttl.default, since the response says nothing';
    case 'route-status':
      return 'by the route’s ttl.status, since the response says nothing';
    default:
      return `by ${from}`;
  }
}
