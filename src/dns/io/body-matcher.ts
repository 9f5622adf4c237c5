// Looks for a text or pattern in what an endpoint sent. A pattern with nested repeats can take for ever on a body made for
// it, so it runs under a time limit: a hostile endpoint must not stop the server that checks it.

import { createContext, Script } from 'node:vm';
import type { Expectation } from '../health/expectation.ts';

/** Longest that a pattern may hold up everything else. Bodies are bounded, so an honest one takes far less. */
const PATTERN_TIMEOUT_MS = 50;

export function bodyMatcher(
  expected: string | { regexp: string; flags: string },
): NonNullable<Expectation['body']> {
  if (typeof expected === 'string')
    return { words: JSON.stringify(expected), matches: (text) => text.includes(expected) };
  const pattern = new RegExp(expected.regexp, expected.flags);
  // The context holds only the two values; it is made once, since making one takes a millisecond.
  const context = createContext({ pattern, text: '' });
  const script = new Script('pattern.test(text)');
  return {
    words: String(pattern),
    matches: (text) => {
      context['text'] = text;
      try {
        return script.runInContext(context, { timeout: PATTERN_TIMEOUT_MS }) === true;
      } catch (cause) {
        throw new Error(`${pattern} took over ${PATTERN_TIMEOUT_MS} ms on its body`, { cause });
      } finally {
        context['text'] = '';
      }
    },
  };
}
