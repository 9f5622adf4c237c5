// A body in pieces: at the client's pace, or spread evenly over a time, or with a pause after each piece.

import type { ServerResponse } from 'node:http';
import { drained } from '../../net/io/drained.ts';
import type { Content } from '../content.ts';
import type { ResponsePlan } from '../response-plan.ts';
import { pause } from './pause.ts';

const PIECE_BYTES = 65_536;
/** A paced body is sent in steps of this length. */
const STEP_MS = 50;

/** Ends when all is written or the client has left; `onBytes` counts. */
export async function sendBody(
  response: ServerResponse,
  content: Content,
  { streamSeconds, pieces }: ResponsePlan,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const steps = streamSeconds ? Math.max(1, Math.round((streamSeconds * 1000) / STEP_MS)) : 0;
  const pieceBytes = Math.min(PIECE_BYTES, pieces?.bytes || PIECE_BYTES);
  const startMs = performance.now();
  for (let sent = 0, step = 1; sent < content.size && !response.destroyed; step++) {
    const upTo = steps === 0 ? content.size : Math.ceil((content.size * Math.min(step, steps)) / steps);
    while (sent < upTo && !response.destroyed) {
      const piece = content.bytes(sent, Math.min(pieceBytes, upTo - sent));
      sent += piece.length;
      onBytes(piece.length);
      if (!response.write(piece)) await drained(response);
      if (pieces && sent < content.size) await pause(pieces.delayMs, response);
    }
    // By the clock and not by the step, so that late timers do not add up.
    if (steps > 0) await pause(startMs + step * STEP_MS - performance.now(), response);
  }
}
