// Splits a master file into entries (RFC 1035 section 5.1): one line each, or several inside parentheses; `;` starts a
// comment, quotes keep spaces. Escapes stay as they are, since names and texts undo them differently.

import type { Token } from '../wire/rdata.ts';

export interface Entry {
  /** 1-based line where it starts. */
  line: number;
  /** The line starts with a space, so the owner name is the one before. */
  ownerOmitted: boolean;
  tokens: Token[];
}

export interface TokenizerProblem {
  line: number;
  message: string;
}

export function tokenize(text: string): { entries: Entry[]; problems: TokenizerProblem[] } {
  const entries: Entry[] = [];
  const problems: TokenizerProblem[] = [];
  let entry: Entry | undefined;
  let depth = 0;
  let openedAt = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const number = index + 1;
    if (!entry || depth === 0) entry = { line: number, ownerOmitted: /^[ \t]/.test(line), tokens: [] };
    // Alternatives in order: comment, parenthesis, quoted text, a quote that is never closed, a bare word.
    for (const [piece] of line.matchAll(/;.*|[()]|"(?:\\.|[^"\\])*"|"|(?:\\.|[^\s;()"\\])+|\\/g)) {
      if (piece.startsWith(';')) break;
      if (piece === '(') {
        if (depth++ === 0) openedAt = number;
      } else if (piece === ')') {
        if (depth === 0) problems.push({ line: number, message: '`)` without `(`' });
        else depth--;
      } else if (piece === '"') {
        problems.push({ line: number, message: 'a quote is not closed on this line' });
        break;
      } else if (piece.startsWith('"')) {
        entry.tokens.push({ text: piece.slice(1, -1), quoted: true });
      } else {
        entry.tokens.push({ text: piece, quoted: false });
      }
    }
    if (depth === 0 && entry.tokens.length > 0) entries.push(entry);
  }
  if (depth > 0) problems.push({ line: openedAt, message: '`(` is never closed' });
  return { entries, problems };
}
