// What an HTTP check wants to see: a status out of a list or range, and if asked for a text or pattern in the body.

/** Inclusive ranges of status codes. */
export type StatusRanges = readonly (readonly [number, number])[];

/** Parses `200`, `'2xx'`, `'200-204'`, or a list of them; undefined when one is none of these. */
export function parseStatuses(
  statuses: number | string | readonly (number | string)[],
): StatusRanges | undefined {
  const list = typeof statuses === 'object' ? statuses : [statuses];
  const ranges = list.map(parseStatus);
  return list.length > 0 && ranges.every((range) => range !== undefined) ? ranges : undefined;
}

function parseStatus(status: number | string): readonly [number, number] | undefined {
  const words = String(status).trim().toLowerCase();
  const hundreds = /^([1-5])xx$/.exec(words);
  if (hundreds) return [Number(hundreds[1]) * 100, Number(hundreds[1]) * 100 + 99];
  const range = /^(\d{3})(?:\s*-\s*(\d{3}))?$/.exec(words);
  if (!range) return undefined;
  const low = Number(range[1]);
  const high = Number(range[2] ?? range[1]);
  return low >= 100 && high <= 599 && low <= high ? [low, high] : undefined;
}

export interface Expectation {
  statuses: StatusRanges;
  /** Whether the body, as text, is as wished; undefined when any will do. May throw with a reason. */
  body?: { matches: (text: string) => boolean; words: string };
}

/** The verdict on a reply in words fit for a log: nothing that the endpoint sent is repeated but the status. */
export function judgeReply(
  reply: { status: number; body: Buffer },
  expected: Expectation,
): { ok: boolean; reason: string } {
  const { status, body } = reply;
  if (!expected.statuses.some(([low, high]) => status >= low && status <= high))
    return { ok: false, reason: `HTTP ${status}` };
  if (!expected.body) return { ok: true, reason: `HTTP ${status}` };
  try {
    if (expected.body.matches(body.toString('utf8'))) return { ok: true, reason: `HTTP ${status}` };
    return { ok: false, reason: `HTTP ${status}, but the body has no ${expected.body.words}` };
  } catch (error) {
    return { ok: false, reason: `HTTP ${status}, but ${(error as Error).message}` };
  }
}
