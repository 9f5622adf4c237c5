// The overrides file, watched and edited. It is looked at every second by its stat, which also notices files replaced by a
// rename and files on network storage (notifications of change do neither), and read once two looks agree, so that a
// file being written is not taken for a short one. A file with a bad line is refused and the old overrides stay.

import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Problem, UserError } from '../../base/errors.ts';
import { idlePatterns, withOverride, withoutOverride } from '../health/edit-overrides.ts';
import {
  isPattern,
  MAX_OVERRIDES_BYTES,
  type OverrideRule,
  type OverrideState,
  parseOverrides,
} from '../health/overrides.ts';
import type { Log } from './log.ts';
import { replaceFile } from './overrides-write.ts';
import { repeat } from './repeat.ts';

const POLL_MS = 1000;
/** Between the look that saw a change and the one that confirms it. */
const SETTLE_MS = 100;
/** Editors take a file away before they put the new one in its place; only one gone for so many looks is gone. */
const MISSING_FOR_POLLS = 2.5;
const MISSING = 'missing';

export interface OverridesFile {
  file: string;
  /** How reasons call it: the file's name without folders. */
  name: string;
  rules(): readonly OverrideRule[];
  /** Why the file as it is now was refused; undefined when its rules are in force. */
  refused(): string | undefined;
  /** Both write the file, keep its comments, and are in force when they resolve. @throws UserError. */
  set(pattern: string, state: OverrideState, why?: string): Promise<void>;
  /** Resolves with how many rules of this pattern there were. */
  clear(pattern: string): Promise<number>;
  stop(): void;
}

/** `onChange` is called when other rules are in force. It must not throw. */
export function watchOverrides(
  file: string,
  pops: readonly string[],
  onChange: () => void,
  log: Log,
  pollMs = POLL_MS,
): OverridesFile {
  let rules: readonly OverrideRule[] = [];
  let refused: string | undefined;
  let loaded = '';
  let candidate: { signature: string; sinceMs: number } | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const mine = turn.then(task);
    turn = mine.catch(() => undefined);
    return mine;
  };

  const refuse = (problems: Problem[]) => {
    const message = new UserError(problems).message;
    if (message !== refused) log.warn('overrides refused, the old ones stay', { file, reason: message });
    refused = message;
  };
  const apply = (text: string) => {
    const parsed = parseOverrides(text, file);
    if (parsed.problems.length > 0) return refuse(parsed.problems);
    refused = undefined;
    for (const pattern of idlePatterns(text, pops))
      log.warn(`overrides: no POP is called ${pattern}`, { file });
    if (JSON.stringify(rules) === JSON.stringify(parsed.rules)) return;
    rules = parsed.rules;
    log.info('overrides read', { file, rules: rules.length });
    onChange();
  };

  const look = async (): Promise<number> => {
    const signature = await signatureOf(file);
    if (signature instanceof Error) {
      refuse([{ file, message: signature.message }]);
      return pollMs;
    }
    if (signature === loaded) {
      candidate = undefined;
      return pollMs;
    }
    if (candidate?.signature !== signature) {
      candidate = { signature, sinceMs: performance.now() };
      return Math.min(SETTLE_MS, pollMs);
    }
    if (signature === MISSING && performance.now() - candidate.sinceMs < MISSING_FOR_POLLS * pollMs)
      return pollMs;
    try {
      const text = signature === MISSING ? '' : await readText(file);
      // Changed while it was read: the next look begins anew.
      if ((await signatureOf(file)) !== signature) return Math.min(SETTLE_MS, pollMs);
      loaded = signature;
      apply(text);
    } catch (error) {
      refuse([{ file, message: (error as Error).message }]);
    }
    return pollMs;
  };
  const edit = (change: (text: string) => string) =>
    inTurn(async () => {
      const text = await readText(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw new UserError({ file, message: `cannot read the overrides: ${error.message}` });
      });
      const { problems } = parseOverrides(text, file);
      if (problems.length > 0) throw new UserError(problems);
      const changed = change(text);
      await replaceFile(file, changed);
      const signature = await signatureOf(file);
      if (typeof signature === 'string') loaded = signature;
      apply(changed);
    });

  // A server that starts with a bad file has no old overrides: the good lines are the best that is known of the
  // operator's wish.
  try {
    const parsed = parseOverrides(readFileSync(file, 'utf8'), file);
    rules = parsed.rules;
    if (parsed.problems.length > 0) {
      refused = new UserError(parsed.problems).message;
      log.warn('bad lines in the overrides, the good ones count', { file, reason: refused });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      refuse([{ file, message: (error as Error).message }]);
    else loaded = MISSING;
  }
  const loop = repeat(() => inTurn(look), pollMs, Math.min(SETTLE_MS, pollMs));
  return {
    file,
    name: basename(file),
    rules: () => rules,
    refused: () => refused,
    set: (pattern, state, why) => {
      if (!isPattern(pattern))
        return Promise.reject(new UserError({ message: `not a POP name or pattern: ${pattern}` }));
      return edit((text) => withOverride(text, pattern, state, why));
    },
    clear: async (pattern) => {
      let removed = 0;
      await edit((text) => {
        const without = withoutOverride(text, pattern);
        removed = without.removed;
        return without.text;
      });
      return removed;
    },
    stop: () => loop.stop(),
  };
}

/** What changes when the file does; an Error when it cannot be looked at, for whatever reason but that there is none. */
async function signatureOf(file: string): Promise<string | Error> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? MISSING : (error as Error);
  }
}

async function readText(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MAX_OVERRIDES_BYTES) throw new Error(`over ${MAX_OVERRIDES_BYTES} bytes`);
  return readFile(file, 'utf8');
}
