// The operator's word on POPs, a text file that beats the checks: lines such as `pop-fra => down # maintenance`, with `*`
// for any run of characters. Later lines win, so a general line can be followed by its exceptions. A file with a bad line
// is refused whole: half of an order may be worse than none (gdnsd's admin_state is the model).

import type { Problem } from '../../base/errors.ts';

export type OverrideState = 'up' | 'down' | 'drain' | 'auto';

export interface OverrideRule {
  pattern: string;
  /** `auto`: what the checks say. */
  state: OverrideState;
  /** 1-based. */
  line: number;
  why?: string;
}

const STATES: readonly string[] = ['up', 'down', 'drain', 'auto'];
const LINE = /^(\S+)\s*=>\s*([^\s#]+)\s*(?:#\s*(.*))?$/;
/** A file this long is not one that an operator wrote. */
export const MAX_OVERRIDES_BYTES = 1024 * 1024;

/** The rules in the file's order; with problems the rules are those of the good lines. */
export function parseOverrides(text: string, file: string): { rules: OverrideRule[]; problems: Problem[] } {
  const rules: OverrideRule[] = [];
  const problems: Problem[] = [];
  for (const [i, raw] of text.split('\n').entries()) {
    const words = raw.trim();
    if (words === '' || words.startsWith('#')) continue;
    const parsed = parseRule(words, i + 1);
    if (typeof parsed === 'string')
      problems.push({ file, line: i + 1, message: parsed, hint: 'pop-fra => down # why' });
    else rules.push(parsed);
  }
  return { rules, problems };
}

function parseRule(words: string, line: number): OverrideRule | string {
  const match = LINE.exec(words);
  const [, pattern, state, why] = match ?? [];
  if (pattern === undefined || state === undefined) return `not an override: ${quote(words)}`;
  if (!isPattern(pattern)) return `not a POP name or pattern: ${quote(pattern)}`;
  if (!STATES.includes(state)) return `no state ${quote(state)}: it is one of ${STATES.join(', ')}`;
  return { pattern, state: state as OverrideState, line, ...(why && { why }) };
}

/** Whether it can be written as a pattern: no space, no comment sign, not the arrow. */
export function isPattern(pattern: string): boolean {
  return /^[^\s#]+$/.test(pattern) && !pattern.includes('=>');
}

/** The rule in force for a POP, the last that matches; undefined without one. `auto` is returned as it is. */
export function overrideOf(rules: readonly OverrideRule[], pop: string): OverrideRule | undefined {
  return rules.findLast((rule) => matchesPattern(rule.pattern, pop));
}

/** `*` stands for any characters, also none. Linear: each piece is sought after the one before it. */
export function matchesPattern(pattern: string, name: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return pattern === name;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
    return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

function quote(words: string): string {
  const clean = JSON.stringify(words);
  return clean.length > 60 ? `${clean.slice(0, 56)}..."` : clean;
}
