// A YAML text with the line of every value, so that each problem can be shown where it was written.

import {
  type Document,
  isMap,
  isNode,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLParseError,
} from 'yaml';
import type { Problem } from './errors.ts';

/** Far more than a topology has use for. */
const MAX_ALIAS_COUNT = 100;

export type ValuePath = readonly (string | number)[];

export interface YamlSource {
  value: unknown;
  /** Of the syntax, duplicate keys included. */
  problems: Problem[];
  /** Line (from 1) of the key or list item at this path, or of the nearest enclosing one that exists. */
  lineOf(path: ValuePath): number;
}

export function parseYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  // A text that is not YAML has no value to check further.
  const readable = document.errors.every((error) => error.code === 'DUPLICATE_KEY');
  const { value, problem } = readable ? documentValue(document) : {};
  return {
    value,
    problems: [
      ...(problem ? [problem] : []),
      ...document.errors.map((error) => syntaxProblem(error, text, lineAt)),
    ],
    lineOf: (path) => lineAt(offsetOf(document.contents, path)),
  };
}

function syntaxProblem(error: YAMLParseError, text: string, lineAt: (offset: number) => number): Problem {
  const line = lineAt(error.pos[0]);
  if (error.code === 'DUPLICATE_KEY') {
    const name = keyAt(text, error.pos[0]);
    return { line, message: `duplicate name ${name}`, hint: 'rename or remove one of the two' };
  }
  const hint = 'check indentation, colons and brackets around this line';
  return { line, message: `not YAML: ${error.message}`, hint };
}

/** Aliases that expand without measure (a few lines can mean gigabytes) and unresolved ones are refused. */
function documentValue(document: Document): { value?: unknown; problem?: Problem } {
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIAS_COUNT }) };
  } catch (cause) {
    return {
      problem: {
        line: 1,
        message: `not a usable YAML file: ${(cause as Error).message}`,
        hint: 'write the repeated parts out instead of using aliases (*name)',
      },
    };
  }
}

function offsetOf(root: Node | null, path: ValuePath): number {
  let offset = root?.range?.[0] ?? 0;
  let current: unknown = root;
  for (const step of path) {
    if (isMap(current)) {
      const pair = current.items.find(({ key }) => isNode(key) && String(key) === String(step));
      if (!pair || !isNode(pair.key)) return offset;
      offset = pair.key.range?.[0] ?? offset;
      current = pair.value;
    } else if (isSeq(current)) {
      const item = current.items[Number(step)];
      if (!isNode(item)) return offset;
      offset = item.range?.[0] ?? offset;
      current = item;
    } else {
      return offset;
    }
  }
  return offset;
}

function keyAt(text: string, offset: number): string {
  return /^[^\s:]*/.exec(text.slice(offset))?.[0] ?? '';
}
