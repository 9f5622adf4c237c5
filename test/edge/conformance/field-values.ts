// Field lines of a case as they go over the wire: relative dates become HTTP dates of now.

import type { FieldLine, RelativeDate } from './conformance-case.ts';

export function renderFields(lines: readonly FieldLine[], name: string): string[] {
  return lines.flatMap(([field, value]) => [
    field,
    typeof value === 'string' ? value.replaceAll('{path}', `/${name}`) : httpDate(value),
  ]);
}

export function httpDate({ inSeconds, form = 'imf' }: RelativeDate, nowMs = Date.now()): string {
  const date = new Date(nowMs + inSeconds * 1000);
  const imf = date.toUTCString();
  if (form === 'imf') return imf;
  if (form === 'lower-case') return imf.toLowerCase();
  const [, day = '', month = '', year = '', time = ''] = imf.split(/[ ,]+/);
  if (form === 'asctime') return `${imf.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`;
  const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: 'UTC' }).format(date);
  return `${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
}
