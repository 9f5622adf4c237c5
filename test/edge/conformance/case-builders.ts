// Short words for what most cases consist of: a first response, then a request that must or may be answered from it.

import type { Category, ConformanceCase, FieldLine, OriginAnswer, Step } from './conformance-case.ts';

export interface Draft extends Omit<ConformanceCase, 'category'> {}

export function required(id: string, title: string, ...steps: Step[]): Draft {
  return { id, level: 'required', title, steps };
}

export function optional(id: string, title: string, ...steps: Step[]): Draft {
  return { id, level: 'optional', title, steps };
}

export function inCategory(category: Category, drafts: readonly Draft[]): ConformanceCase[] {
  return drafts.map((draft) => ({ ...draft, category }));
}

export const cacheControl = (value: string): FieldLine => ['Cache-Control', value];
export const FRESH = cacheControl('max-age=3600');
export const ETAG: FieldLine = ['ETag', '"v1"'];
/** Ten days ago: a tenth of it is a day. */
export const MODIFIED: FieldLine = ['Last-Modified', { inSeconds: -864_000 }];
/** What a lifetime of one second needs to be over beyond doubt. */
export const LATER_MS = 2100;

/** The origin answers with these fields. */
export function answered(...fields: FieldLine[]): Step {
  return { response: { fields } };
}

export function answeredWith(answer: OriginAnswer): Step {
  return { response: answer };
}

/** The same request once more, answered without the origin. */
export function reused(more: Step['expect'] = {}): Step {
  return { expect: { served: 'stored', ...more } };
}

/** The same request once more, and the origin hears of it. */
export function askedAgain(more: Step['expect'] = {}): Step {
  return { expect: { served: 'origin', ...more } };
}

/** After a lifetime of one second. */
export function later(step: Step): Step {
  return { ...step, waitMs: LATER_MS };
}

export function asks(step: Step, ...fields: FieldLine[]): Step {
  return { ...step, request: { ...step.request, fields: [...(step.request?.fields ?? []), ...fields] } };
}

export function preparing(step: Step): Step {
  return { ...step, setup: true };
}
