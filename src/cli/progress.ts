// Progress of long commands. A terminal sees, on stderr, the current step move and finished ones stay with their times; a
// pipe or a log gets plain lines on stdout among the facts (on stderr where stdout is JSON); --quiet nothing.

import { styleText } from 'node:util';
import type { LabEvent } from '../runtimes/runtime.ts';

export interface Progress {
  /** A step is done, or a fact worth a line. */
  step(message: string): void;
  /** What is going on now; shown on a terminal only, replaced by whatever comes next. */
  doing(message: string): void;
  /** Events of a lab that starts, as steps. */
  event(event: LabEvent): void;
  /** Ends the moving line; must be called before anything else is printed. */
  stop(): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;
/** Steps of the runtime's own log that a user wants to see; everything else is in `./lab events`. */
const SHOWN_KINDS = new Set(['plumbed', 'started']);

export function createProgress(options: { quiet: boolean; json: boolean }): Progress {
  const stream = process.stderr.isTTY || options.json ? process.stderr : process.stdout;
  const write = (text: string) => {
    if (!options.quiet) stream.write(text);
  };
  const moving = process.stderr.isTTY && !options.quiet && process.env['TERM'] !== 'dumb';
  const startedAt = performance.now();
  const elapsed = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  let current = '';
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;

  const clear = () => {
    if (timer) write('\r\x1b[2K');
  };
  const draw = () => {
    frame = (frame + 1) % FRAMES.length;
    const text = `${FRAMES[frame]} ${current} `;
    const room = Math.max(20, (process.stderr.columns ?? 80) - 10);
    write(`\r\x1b[2K${text.slice(0, room)}${styleText('dim', elapsed(), { stream })}`);
  };
  const progress: Progress = {
    step: (message) => {
      clear();
      current = '';
      const mark = styleText('green', moving ? '✓' : '·', { stream });
      write(`${mark} ${message} ${styleText('dim', `(${elapsed()})`, { stream })}\n`);
    },
    doing: (message) => {
      current = message;
      if (!moving) return;
      timer ??= setInterval(draw, FRAME_MS);
      timer.unref();
      draw();
    },
    event: (event) => {
      if (event.kind === 'waiting') progress.doing(event.message);
      else if (event.progress || SHOWN_KINDS.has(event.kind)) progress.step(event.message);
    },
    stop: () => {
      clear();
      clearInterval(timer);
      timer = undefined;
    },
  };
  return progress;
}
