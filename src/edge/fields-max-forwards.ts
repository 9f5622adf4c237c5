// Max-Forwards (RFC 9110 section 7.6.2): who traces a chain of caches with OPTIONS says how far it may go. TRACE is not
// served at all.

import { type Fields, fieldValue, withoutFields } from './fields.ts';

/** 'answer': it ends here. Otherwise the fields to send on, with one forward less where the request counts them. */
export function afterForward(method: string, requestFields: Fields): 'answer' | Fields {
  if (method !== 'OPTIONS') return requestFields;
  const text = fieldValue(requestFields, 'max-forwards')?.trim();
  // What is no number says nothing.
  if (text === undefined || !/^\d{1,9}$/.test(text)) return requestFields;
  if (Number(text) === 0) return 'answer';
  const fields = withoutFields(requestFields, new Set(['max-forwards']));
  return [...fields, 'Max-Forwards', String(Number(text) - 1)];
}
