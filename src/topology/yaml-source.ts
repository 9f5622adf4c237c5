// A YAML text with the line of every value, so that each problem can be shown where it was written.

import { isMap, isNode, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Problem } from '../base/errors.ts';

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
  return {
    // A text that is not YAML has no value to check further.
    value: document.errors.some((error) => error.code !== 'DUPLICATE_KEY') ? undefined : document.toJS(),
    problems: document.errors.map((error) => ({
      line: lineAt(error.pos[0]),
      ...(error.code === 'DUPLICATE_KEY'
        ? { message: `duplicate name ${keyAt(text, error.pos[0])}`, hint: 'rename or remove one of the two' }
        : {
            message: `not YAML: ${error.message}`,
            hint: 'check indentation, colons and brackets around this line',
          }),
    })),
    lineOf: (path) => lineAt(offsetOf(document.contents, path)),
  };
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
