// Parsers of option values for commander: a wrong value is wrong usage and says what would be right.

import { InvalidArgumentError } from 'commander';

/** `40`, `40ms` or `1.5s`, in milliseconds. */
export function parseMilliseconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text);
  if (!match) throw new InvalidArgumentError('expected a time such as 40ms or 1.5s.');
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}

/** `5` or `5%`, 0 to 100. */
export function parsePercent(text: string): number {
  const value = /^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1];
  if (value === undefined || Number(value) > 100) {
    throw new InvalidArgumentError('expected a percentage from 0 to 100, such as 2%.');
  }
  return Number(value);
}

/** `10`, `10mbit`, `1gbit` or `500kbit`, in Mbit/s. */
export function parseRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(kbit|mbit|gbit)?$/i.exec(text);
  if (!match || Number(match[1]) === 0)
    throw new InvalidArgumentError('expected a rate such as 10mbit or 1gbit.');
  const factor = { kbit: 0.001, mbit: 1, gbit: 1000 }[
    (match[2] ?? 'mbit').toLowerCase() as 'kbit' | 'mbit' | 'gbit'
  ];
  return Number(match[1]) * factor;
}

export function parseInteger(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError('expected a whole number.');
  }
  return Number(text);
}
