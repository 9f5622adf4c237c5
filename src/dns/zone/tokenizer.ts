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

// Alternatives in order: comment, parenthesis, quoted text, a quote that is never closed, `key="value"` (one word, as
// SvcParams are written, RFC 9460 section 2.1), a bare word, a backslash at the end of the line.
const PIECES = /;.*|[()]|"(?:\\.|[^"\\])*"|"|(?:\\.|[^\s;()"\\])+="(?:\\.|[^"\\])*"|(?:\\.|[^\s;()"\\])+|\\/g;

/** Entries without mistakes, and the mistakes; an entry with one is left out, or it would be reported twice. */
export function tokenize(text: string): { entries: Entry[]; problems: TokenizerProblem[] } {
  const entries: Entry[] = [];
  const problems: TokenizerProblem[] = [];
  let entry: Entry | undefined;
  let broken = false;
  let depth = 0;
  let openedAt = 0;
  let number = 0;
  for (let start = 0; start <= text.length; ) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    const line = text.slice(start, text[end - 1] === '\r' ? Math.max(start, end - 1) : end);
    start = end + 1;
    number++;
    if (!entry || depth === 0) {
      entry = { line: number, ownerOmitted: line.startsWith(' ') || line.startsWith('\t'), tokens: [] };
      broken = false;
    }
    const report = (message: string) => {
      problems.push({ line: number, message });
      broken = true;
    };
    for (const piece of line.match(PIECES) ?? []) {
      const first = piece[0];
      if (first === ';') break;
      if (piece === '(') {
        if (depth++ === 0) openedAt = number;
      } else if (piece === ')') {
        if (depth === 0) report('`)` without `(`');
        else depth--;
      } else if (piece === '"') {
        report('a quote is not closed on this line');
        break;
      } else if (first === '"') {
        entry.tokens.push({ text: piece.slice(1, -1), quoted: true });
      } else {
        entry.tokens.push({ text: withoutInnerQuotes(piece), quoted: false });
      }
    }
    if (depth === 0 && entry.tokens.length > 0 && !broken) entries.push(entry);
  }
  if (depth > 0) problems.push({ line: openedAt, message: '`(` is never closed' });
  return { entries, problems };
}

/** `alpn="h2,h3"` is the word `alpn=h2,h3`. */
function withoutInnerQuotes(piece: string): string {
  if (!piece.endsWith('"')) return piece;
  const open = /^(?:\\.|[^"\\])*/.exec(piece)?.[0].length ?? 0;
  return open < piece.length ? piece.slice(0, open) + piece.slice(open + 1, -1) : piece;
}
