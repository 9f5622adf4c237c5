// Translates what zod says about a topology file into the lab's words: what is wrong where, what was expected, what was
// found, and what to type instead.

import type { z } from 'zod';
import { nearestNames } from '../base/suggest.ts';
import type { ValuePath } from '../base/yaml-source.ts';
import type { Finding } from './finding.ts';
import { schemaAt } from './json-schema.ts';

type Issue = z.core.$ZodIssue;

/** Values longer than this are cut in messages. */
const SHOWN_VALUE_LENGTH = 60;

export function shapeFindings(issues: readonly Issue[], value: unknown): Finding[] {
  return issues.flatMap((issue) => findingsOf(issue, value));
}

function findingsOf(issue: Issue, root: unknown): Finding[] {
  const path = issue.path as ValuePath;
  const value = valueAt(root, path);
  const expected = expectationOf(path);
  const hint = exampleOf(path) ?? 'change it, or leave it out';
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) =>
        unknownKey([...path, key], Object.keys(schemaAt(path)?.properties ?? {})),
      );
    case 'invalid_type':
      if (value === undefined) return [missing(path)];
      if (value === null)
        return [{ path, message: 'this is empty', expected, hint: 'give it a value, or remove the key' }];
      return [{ path, message: 'wrong kind of value', expected, found: shown(value), hint }];
    case 'invalid_value':
      return [
        {
          path,
          message: 'not one of the possible values',
          expected: `one of ${issue.values.join(', ')}`,
          found: shown(value),
          hint: didYouMean(String(value), issue.values.map(String)) ?? 'choose one of these',
        },
      ];
    case 'invalid_key':
      return [
        {
          path,
          message: 'not a good name',
          expected: issue.issues[0]?.message,
          found: String(path.at(-1)),
          hint: 'rename it: london, t1',
        },
      ];
    case 'too_small':
      return [
        {
          path,
          message: 'too small',
          expected: bound('at least', issue.minimum, issue.origin, issue.inclusive),
          found: shown(value),
          hint,
        },
      ];
    case 'too_big':
      return issue.origin === 'string'
        ? [{ path, message: 'too long', expected: issue.message, found: shown(value), hint }]
        : [
            {
              path,
              message: 'too big',
              expected: bound('at most', issue.maximum, issue.origin, issue.inclusive),
              found: shown(value),
              hint,
            },
          ];
    default:
      return [{ path, message: 'not in the right form', expected: issue.message, found: shown(value), hint }];
  }
}

function missing(path: ValuePath): Finding {
  const key = String(path.at(-1) ?? 'topology');
  return {
    path,
    message: `${key} is missing`,
    expected: expectationOf(path),
    hint: exampleOf(path)?.replace('for example', 'add') ?? `add \`${key}: ...\` here`,
  };
}

function unknownKey(path: ValuePath, allowed: string[]): Finding {
  const key = String(path.at(-1));
  return {
    path,
    message: `unknown key ${key}`,
    expected: allowed.length > 0 ? `one of ${allowed.join(', ')}` : undefined,
    hint: didYouMean(key, allowed) ?? 'remove it',
  };
}

export function didYouMean(typed: string, candidates: Iterable<string>): string | undefined {
  const near = nearestNames(typed, candidates);
  return near.length > 0 ? `did you mean ${near.join(' or ')}?` : undefined;
}

function expectationOf(path: ValuePath): string | undefined {
  const node = schemaAt(path);
  if (!node) return undefined;
  const kind =
    { object: 'a map', array: 'a list', integer: 'a whole number', string: 'text' }[node.type ?? ''] ??
    node.type;
  return (
    [kind && withArticle(kind), node.description && inSentence(node.description)]
      .filter(Boolean)
      .join('; ') || undefined
  );
}

/** From the schema's examples: `for example \`asn: 64496\``. */
function exampleOf(path: ValuePath): string | undefined {
  const example = schemaAt(path)?.examples?.[0];
  if (example === undefined) return undefined;
  const text =
    typeof example === 'string'
      ? example
      : JSON.stringify(example).replaceAll('"', '').replaceAll(',', ', ').replaceAll(':', ': ');
  const key = path.at(-1);
  return typeof key === 'number' ? `for example \`${text}\`` : `for example \`${key}: ${text}\``;
}

/** Without the full stop, and in lower case unless it begins with an abbreviation. */
function inSentence(description: string): string {
  const text = description.replace(/\.$/, '');
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function withArticle(kind: string): string {
  return kind === 'number' || kind === 'boolean' ? `a ${kind}` : kind;
}

function bound(words: string, limit: number | bigint, origin: string, inclusive = true): string {
  const unit = origin !== 'array' ? '' : limit === 1 ? ' item' : ' items';
  return inclusive
    ? `${words} ${limit}${unit}`
    : `${words === 'at least' ? 'more' : 'less'} than ${limit}${unit}`;
}

function valueAt(root: unknown, path: ValuePath): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[step] : undefined,
    root,
  );
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > SHOWN_VALUE_LENGTH ? `${text.slice(0, SHOWN_VALUE_LENGTH)}...` : text;
}
