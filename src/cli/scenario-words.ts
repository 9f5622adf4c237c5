// A scenario's own options as typed: `--pop pop-fra` or `--pop=pop-fra`. Pure; what they may be is the scenario's business.

import { UserError } from '../base/errors.ts';

export function parseScenarioWords(words: string[]): Record<string, string> {
  const typed: Record<string, string> = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const match = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word);
    if (!match?.[1]) {
      throw new UserError(
        {
          message: `${word} is not an option`,
          expected: '--option value',
          hint: './lab scenario list shows all options',
        },
        2,
      );
    }
    const value = match[2] ?? words[++i];
    if (value === undefined)
      throw new UserError({ message: `--${match[1]} lacks its value`, hint: './lab scenario list' }, 2);
    typed[match[1]] = value;
  }
  return typed;
}
