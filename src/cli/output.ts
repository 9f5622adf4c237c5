// What commands print, and where: facts on stdout, everything said on the side (progress, notes, errors) on stderr, so
// that a pipe gets facts alone. Colours only on a terminal and not with NO_COLOR (no-color.org), which styleText knows.

import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

export interface OutputOptions {
  json?: boolean;
  quiet?: boolean;
}

export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Facts for a reader; nothing when JSON was asked for. */
  print(text: string): void;
  /** The one JSON object of a command with --json. */
  data(value: unknown): void;
  /** One NDJSON line. */
  dataLine(value: unknown): void;
  /** Said on the side: stderr, nothing with --quiet. */
  note(text: string): void;
  /** Coloured for stdout, or plain. */
  style(style: Style, text: string): string;
}

export function createOutput({ json = false, quiet = false }: OutputOptions = {}): Output {
  return {
    json,
    quiet,
    print: (text) => {
      if (!json) process.stdout.write(`${text}\n`);
    },
    data: (value) => {
      process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    },
    dataLine: (value) => {
      process.stdout.write(`${JSON.stringify(value)}\n`);
    },
    note: (text) => {
      if (!quiet) process.stderr.write(`${text}\n`);
    },
    style: (style, text) => styleText(style, text, { stream: process.stdout }),
  };
}
