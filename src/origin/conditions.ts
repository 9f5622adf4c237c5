// Preconditions and ranges of a request against what there is (RFC 9110 sections 13 and 14), in the order of section
// 13.2.2. Pure.

import type { OriginRequest } from './response-plan.ts';

export interface Selected {
  etag: string | undefined;
  lastModified: string | undefined;
  /** Bytes of the whole. */
  size: number;
}

/** 412 and 304 stand for themselves; undefined: send it. */
export function failedCondition(request: OriginRequest, selected: Selected): 412 | 304 | undefined {
  const { etag, lastModified } = selected;
  const safe = request.method === 'GET' || request.method === 'HEAD';
  const date = (name: string) => Date.parse(request.header(name) ?? '');
  const modified = Date.parse(lastModified ?? '');
  const ifMatch = request.header('if-match');
  if (ifMatch !== undefined) {
    const strong = etag !== undefined && !etag.startsWith('W/') && tagsOf(ifMatch).includes(etag);
    if (ifMatch.trim() !== '*' && !strong) return 412;
  } else if (modified > date('if-unmodified-since')) return 412;
  const ifNoneMatch = request.header('if-none-match');
  if (ifNoneMatch !== undefined) {
    const same = etag !== undefined && tagsOf(ifNoneMatch).some((tag) => opaque(tag) === opaque(etag));
    if (same || ifNoneMatch.trim() === '*') return safe ? 304 : 412;
  } else if (safe && modified <= date('if-modified-since')) return 304;
  return undefined;
}

/** One range of bytes; several ranges, and anything unreadable, are answered with the whole, as is allowed. */
export function requestedRange(
  request: OriginRequest,
  selected: Selected,
): { first: number; length: number } | 'unsatisfiable' | undefined {
  const { etag, lastModified, size } = selected;
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(request.header('range')?.trim() ?? '');
  if (!match || request.method !== 'GET') return undefined;
  const ifRange = request.header('if-range')?.trim();
  if (ifRange !== undefined && (ifRange.startsWith('W/') || (ifRange !== etag && ifRange !== lastModified)))
    return undefined;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(size - 1, Number(to));
  if (from !== '' && to !== '' && Number(to) < first) return undefined;
  if (first >= size || (from === '' && Number(to) === 0)) return 'unsatisfiable';
  return { first, length: last - first + 1 };
}

function tagsOf(text: string): string[] {
  return text.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '');
}
