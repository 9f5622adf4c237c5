// The third part of an explanation: who was asked, what came back, and whether it is kept.

import type { DecisionRecord, ExplainedStep } from './explain.ts';

export function explainForward({ forward, storage }: DecisionRecord): ExplainedStep[] {
  const steps: ExplainedStep[] = [];
  if (forward) steps.push({ about: 'forward', text: forwardText(forward), data: forward });
  if (storage) steps.push({ about: 'storage', text: storageText(storage), data: storage });
  return steps;
}

function forwardText({
  reason,
  collapsed,
  upstream,
  attempts = 1,
  status,
  failure,
}: NonNullable<DecisionRecord['forward']>): string {
  const who = upstream ?? 'the origin';
  const how = collapsed
    ? `It waited for another request that was on its way to ${who} (${reason})`
    : `It was sent to ${who} (${reason})`;
  const tries = attempts > 1 ? `, in ${attempts} attempts` : '';
  if (failure !== undefined) return `${how}${tries}, which failed: ${failure}.`;
  return `${how}${tries}${status === undefined ? '' : `, which said ${status}`}.`;
}

const REASONS: Record<string, string> = {
  method: 'only answers to GET are',
  status: 'its status is not one this cache understands',
  partial: 'it is a part',
  'no-ranges': 'a slice was asked for, and the origin answers with the whole',
  'request-no-store': 'the client said no-store',
  'no-store': 'the origin said no-store',
  private: 'the origin said private',
  authorization:
    'the request had Authorization, and the response does not allow it to be shared (RFC 9111 section 3.5)',
  'set-cookie': 'it sets a cookie; strip.responseSetCookie would take it off',
  'vary-star': 'its Vary is *',
  'no-freshness': 'it has neither lifetime nor validator; ttl.default would give it one',
  'too-large': 'it is too large for the store',
  invalidated: 'a purge or an unsafe method came while it was under way',
};

function storageText({ stored, reason }: NonNullable<DecisionRecord['storage']>): string {
  if (stored) return 'It is stored.';
  return `It is not stored: ${reason === undefined ? 'no reason was recorded' : (REASONS[reason] ?? reason)}.`;
}
