// Changes one rule in the text of an overrides file, so that an operator's comments and order stay as they are.

import { matchesPattern, type OverrideState, parseOverrides } from './overrides.ts';

/** The text with `pattern => state` as its last rule, since the last wins; earlier rules of the same pattern are gone. */
export function withOverride(text: string, pattern: string, state: OverrideState, why?: string): string {
  const kept = withoutOverride(text, pattern).text;
  const body = kept === '' || kept.endsWith('\n') ? kept : `${kept}\n`;
  // A line break in the reason would smuggle in a rule.
  const comment = why?.replace(/\s+/g, ' ').trim();
  return `${body}${pattern} => ${state}${comment ? ` # ${comment}` : ''}\n`;
}

/** The text without the rules of exactly this pattern, and how many there were. */
export function withoutOverride(text: string, pattern: string): { text: string; removed: number } {
  const lines = new Set(
    parseOverrides(text, '').rules.flatMap((rule) => (rule.pattern === pattern ? [rule.line] : [])),
  );
  const kept = text.split('\n').filter((_line, i) => !lines.has(i + 1));
  return { text: kept.join('\n'), removed: lines.size };
}

/** Patterns that match none of the POPs: most likely a typing mistake. */
export function idlePatterns(text: string, pops: readonly string[]): string[] {
  return parseOverrides(text, '').rules.flatMap(({ pattern }) =>
    pops.some((pop) => matchesPattern(pattern, pop)) ? [] : [pattern],
  );
}
