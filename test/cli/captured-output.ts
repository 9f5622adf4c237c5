// A command's context whose output is kept, for tests that need no process of their own.

import type { Cli } from '../../src/cli/context.ts';

export interface CapturedCli extends Cli {
  /** All that was printed, JSON included. */
  out(): string;
  json(): unknown;
}

export function capturedCli(options: { json?: boolean } = {}): CapturedCli {
  const printed: string[] = [];
  const data = (value: unknown) => void printed.push(JSON.stringify(value));
  return {
    output: {
      json: options.json ?? false,
      quiet: true,
      print: (text) => void (options.json || printed.push(text)),
      data,
      dataLine: data,
      note: () => {},
      style: (_, text) => text,
    },
    signal: new AbortController().signal,
    out: () => printed.join('\n'),
    json: () => JSON.parse(printed.join('\n')),
  };
}
