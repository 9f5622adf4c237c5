// Compares what a step brought with what it should have: a sentence about the first difference, or undefined.

import { fieldValue } from '../../../src/edge/fields.ts';
import { parseDictionary } from '../../../src/edge/fields-dictionary.ts';
import type { Expectation, Step } from './conformance-case.ts';
import { ANSWER_FIELD, type SeenRequest } from './origin.ts';

/** Instead of an answer from the store. */
export const NOT_REUSED = 'the origin was asked';

export type StepReply =
  | { status: number; fields: readonly string[]; body: string; interim: readonly number[] }
  | { error: string; interim: readonly number[] };

export function checkStep(
  step: Step,
  number: number,
  reply: StepReply,
  seen: readonly SeenRequest[],
): string | undefined {
  const { expect } = step;
  if ('error' in reply) return checkError(step, reply.error, seen);
  if (!expect) {
    const wanted = step.response?.status ?? 200;
    return reply.status === wanted ? undefined : `status ${reply.status} instead of the origin's ${wanted}`;
  }
  if (expect.onlyIfStatus !== undefined && reply.status !== expect.onlyIfStatus) return undefined;
  if (expect.onlyIfFromStep !== undefined && stepOf(reply.fields) !== expect.onlyIfFromStep) return undefined;
  if (expect.onlyIfConditional && !seen.some(({ conditional }) => conditional)) return undefined;
  return (
    checkServed(expect, number, reply.fields, seen) ??
    checkStatus(expect, reply.status) ??
    checkFields(expect.fields ?? {}, reply.fields, 'answer') ??
    checkAge(expect, reply.fields) ??
    checkText(expect.body, reply.body, 'body') ??
    checkInterim(expect, reply.interim) ??
    checkOrigin(expect, seen) ??
    checkCacheStatus(expect, reply.fields)
  );
}

/** An answer that breaks off is right where the origin's did, and where only an earlier answer would be wrong. */
function checkError(
  { response, expect }: Step,
  error: string,
  seen: readonly SeenRequest[],
): string | undefined {
  const brokenAtOrigin = response?.breakOff !== undefined && seen.length > 0;
  const wanted = expect?.served;
  if (brokenAtOrigin && (wanted === undefined || wanted === 'not-earlier' || wanted === 'origin'))
    return undefined;
  return `no answer (${error})`;
}

function checkServed(
  expect: Expectation,
  number: number,
  fields: readonly string[],
  seen: readonly SeenRequest[],
): string | undefined {
  const from = stepOf(fields);
  if (expect.fromStep !== undefined && from !== expect.fromStep)
    return `the answer is of step ${from} instead of ${expect.fromStep}`;
  switch (expect.served) {
    case 'stored':
      return seen.length === 0 ? undefined : NOT_REUSED;
    case 'origin':
      return seen.length > 0 ? undefined : 'the origin was not asked';
    case 'conditional':
      if (seen.some((request) => request.conditional)) return undefined;
      return seen.length === 0 ? 'the origin was not asked' : 'the origin was asked without a condition';
    case 'earlier':
      return from !== undefined && from < number
        ? undefined
        : `the answer is of step ${from}, not of an earlier one`;
    case 'fresh':
      return from === number ? undefined : `the answer is of step ${from}, not of this one`;
    case 'not-earlier':
      return from === undefined || from >= number ? undefined : `the answer is of the earlier step ${from}`;
    case undefined:
      return undefined;
  }
}

function stepOf(fields: readonly string[]): number | undefined {
  const text = fieldValue(fields, ANSWER_FIELD.toLowerCase());
  return text === undefined ? undefined : Number(text);
}

function checkStatus({ status }: Expectation, found: number): string | undefined {
  if (status === undefined) return undefined;
  const wanted = typeof status === 'number' ? [status] : status;
  return wanted.includes(found) ? undefined : `status ${found} instead of ${wanted.join(' or ')}`;
}

function checkFields(
  wanted: Readonly<Record<string, string | RegExp | null>>,
  fields: readonly string[],
  where: string,
): string | undefined {
  for (const [name, value] of Object.entries(wanted)) {
    const found = fieldValue(fields, name);
    if (value === null) {
      if (found !== undefined) return `${where} has ${name}: ${found}`;
    } else if (found === undefined) return `${where} has no ${name}`;
    else {
      const problem = checkText(value, found, `${where}'s ${name}`);
      if (problem) return problem;
    }
  }
  return undefined;
}

function checkAge({ ageAtLeast }: Expectation, fields: readonly string[]): string | undefined {
  if (ageAtLeast === undefined) return undefined;
  const age = fieldValue(fields, 'age');
  if (age === undefined || !/^\d+$/.test(age)) return `Age is ${age}, not a number of seconds`;
  return Number(age) >= ageAtLeast ? undefined : `Age is ${age}, less than ${ageAtLeast}`;
}

function checkText(wanted: string | RegExp | undefined, found: string, what: string): string | undefined {
  if (wanted === undefined) return undefined;
  const right = typeof wanted === 'string' ? wanted === found : wanted.test(found);
  return right ? undefined : `${what} is ${JSON.stringify(found.slice(0, 80))} instead of ${wanted}`;
}

function checkInterim({ interim }: Expectation, found: readonly number[]): string | undefined {
  const missing = interim?.find((status) => !found.includes(status));
  return missing === undefined ? undefined : `no ${missing} came before the answer`;
}

function checkOrigin(
  { atOrigin, originRequests }: Expectation,
  seen: readonly SeenRequest[],
): string | undefined {
  if (originRequests !== undefined && seen.length !== originRequests)
    return `${seen.length} requests at the origin instead of ${originRequests}`;
  const [first] = seen;
  if (!atOrigin || !first) return undefined;
  if (atOrigin.method !== undefined && first.method !== atOrigin.method)
    return `the origin saw ${first.method} instead of ${atOrigin.method}`;
  return checkFields(atOrigin.fields ?? {}, first.rawFields, 'request at the origin');
}

/** A list of Structured Fields items: each of them is right as the value of a dictionary's member. */
function checkCacheStatus({ cacheStatus }: Expectation, fields: readonly string[]): string | undefined {
  const text = fieldValue(fields, 'cache-status');
  if (cacheStatus === undefined) return undefined;
  if (text === undefined) return cacheStatus === 'structured' ? undefined : 'there is no Cache-Status';
  const members = text.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g) ?? [];
  const structured = members.every((member) => parseDictionary(`x=${member.trim()}`)?.size === 1);
  if (!structured) return `Cache-Status is no Structured Field: ${text}`;
  const last = members.at(-1) ?? '';
  if (cacheStatus === 'hit') return /;\s*hit\s*(;|$)/.test(last) ? undefined : `no hit in ${text}`;
  if (cacheStatus === 'forwarded') return /;\s*fwd=/.test(last) ? undefined : `no fwd in ${text}`;
  return undefined;
}
