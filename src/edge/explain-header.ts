// Explanations on the wire: a request says `X-Catchment-Trace: 1`, its answer has a field of that name with the steps as
// JSON. A field rather than a body, so that the answer itself stays what it is. ASCII only and bounded, since clients limit
// the size of a head.

import type { ExplainedStep } from './explain.ts';
import { type Fields, fieldValue } from './fields.ts';

export const TRACE_FIELD = 'X-Catchment-Trace';

/** curl and node take heads of 16 KiB at least; the answer's own fields need room too. */
const MAX_CHARACTERS = 6144;

export interface TraceHeader {
  id: string;
  /** What did not fit is left out; the admin server has it all. */
  steps: ExplainedStep[];
  truncated?: true;
}

export function asksForTrace(requestFields: Fields): boolean {
  return fieldValue(requestFields, 'x-catchment-trace')?.trim() === '1';
}

/** Data first goes, then the last steps. */
export function traceHeaderValue(id: string, steps: readonly ExplainedStep[]): string {
  const whole = asciiJson({ id, steps: [...steps] });
  if (whole.length <= MAX_CHARACTERS) return whole;
  const texts = steps.map(({ about, text }) => ({ about, text: text.slice(0, 500) }));
  for (;;) {
    const value = asciiJson({ id, steps: texts, truncated: true });
    if (value.length <= MAX_CHARACTERS || texts.length === 0) return value;
    texts.pop();
  }
}

/** Undefined when it is none: the text comes from a server, which may be any. */
export function parseTraceHeader(value: string | undefined): TraceHeader | undefined {
  if (value === undefined) return undefined;
  try {
    const trace = JSON.parse(value) as Partial<TraceHeader> | null;
    const good =
      typeof trace?.id === 'string' &&
      Array.isArray(trace.steps) &&
      trace.steps.every((step) => typeof step?.about === 'string' && typeof step.text === 'string');
    return good ? (trace as TraceHeader) : undefined;
  } catch {
    return undefined;
  }
}

function asciiJson(header: TraceHeader): string {
  return JSON.stringify(header).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
