// What a classic build says while it works, one JSON object a line (Docker Engine API, POST /build), and what of it a
// person wants to read when it fails. Pure.

import type { Problem } from '../../../base/errors.ts';

/** One object of the stream. Everything in it is optional and comes from outside. */
export interface BuildMessage {
  stream?: unknown;
  status?: unknown;
  error?: unknown;
  /** Holds the image's ID once it is built. */
  aux?: unknown;
}

export interface BuildOutput {
  /** Adds one message; the step that begins with it, if one does. */
  add(message: BuildMessage): string | undefined;
  /** An engine that is stopped in the middle of a build ends the stream as if all were well. */
  built(): boolean;
  /** All text so far. */
  text(): string;
  /** What went wrong, when something did. */
  failure(): { step: string; error: string; lastLines: string[] } | undefined;
}

const LAST_LINES = 12;

export function readBuildOutput(): BuildOutput {
  let text = '';
  let step = 'before the first step';
  let error: string | undefined;
  let built = false;
  return {
    add: (message) => {
      const line = [message.stream, message.status && `${message.status}\n`].find(
        (part): part is string => typeof part === 'string' && part !== '',
      );
      if (typeof message.error === 'string') error = message.error;
      if (typeof (message.aux as { ID?: unknown } | undefined | null)?.ID === 'string') built = true;
      if (line === undefined) return undefined;
      text += line;
      const found = /^Step (\d+\/\d+) : (.*)$/m.exec(line);
      if (!found) return undefined;
      step = `step ${found[1]}, ${shorten(found[2] ?? '')}`;
      return step;
    },
    built: () => built,
    text: () => text,
    failure: () =>
      error === undefined
        ? undefined
        : {
            step,
            error,
            lastLines: text
              .split('\n')
              .filter((line) => line.trim() !== '')
              .slice(-LAST_LINES),
          },
  };
}

/** The failure as a user's problem. `log` is the file with all of it, undefined if it could not be written. */
export function buildProblem(
  image: string,
  { step, error, lastLines }: NonNullable<ReturnType<BuildOutput['failure']>>,
  log: string | undefined,
): Problem {
  const said = `${lastLines.join('\n')}\n${error}`;
  return {
    message: `the image ${image} could not be built: ${step}: ${error.trim()}`,
    found: lastLines.length > 0 ? `\n${lastLines.map((line) => `    ${line}`).join('\n')}` : undefined,
    hint: `${hintFor(said)}${log ? `; all of it: ${log}` : ''}`,
  };
}

function hintFor(said: string): string {
  if (/no space left on device|ENOSPC/i.test(said))
    return 'the disk of the engine is full: ./lab images --prune, docker system prune';
  if (
    /Temporary failure resolving|Could not resolve|Unable to connect|Could not connect|Connection timed out|Network is unreachable/i.test(
      said,
    )
  ) {
    return 'containers that build reach no package archive: go online once, or set HTTP_PROXY if there is a proxy; then the same command again';
  }
  if (/Unable to locate package|404 +Not Found/i.test(said))
    return 'the base image is older than the archive: ./lab images --rebuild';
  return 'the same command again after the cause is gone';
}

function shorten(instruction: string): string {
  const oneLine = instruction.replaceAll(/\s+/g, ' ').trim();
  return oneLine.length > 100 ? `${oneLine.slice(0, 99)}…` : oneLine;
}
