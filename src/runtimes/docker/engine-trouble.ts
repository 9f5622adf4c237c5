// The engine's "no" and its silence, as sentences: an engine that is stopped while a command speaks to it is no mistake of ours.

import type Docker from 'dockerode';
import { UserError } from '../../base/errors.ts';

/** Codes of a socket that nobody listens on any more. */
const SILENCE = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE']);

type Callback = (error: NodeJS.ErrnoException | null, ...rest: unknown[]) => void;
type Dial = (options: { abortSignal?: AbortSignal }, callback: Callback) => void;

/** Every later request of it that finds no engine rejects with a UserError. Answers of the engine stay what they are. */
export function explainSilence(docker: Docker, where: string, hint: string): void {
  const modem = docker.modem as unknown as { dial: Dial };
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) =>
    dial(options, (error, ...rest) =>
      callback(error && SILENCE.has(error.code ?? '') ? silence(where, hint, error) : error, ...rest),
    );
}

/** What the engine said, without dockerode's `(HTTP code 409) unexpected - `. */
export function engineWords(error: unknown): string {
  const { json, message } = error as { json?: { message?: string }; message: string };
  return (json?.message ?? message).replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

function silence(where: string, hint: string, cause: Error): UserError {
  return new UserError({ message: `the Docker engine on ${where} does not answer any more`, hint }, 1, {
    cause,
  });
}
