// Emulation error over planned RTT: every sample a dot, the tolerance as a band. Dots beyond the frame sit on its edge.

import { TOLERANCE_MS, toleranceFor } from '../../measurement/fidelity.ts';
import { percentile } from '../../measurement/latency-statistics.ts';
import { frame, type Plot } from './frame.ts';
import { linearScale } from './scale.ts';
import { element, short, svg } from './svg.ts';

export interface ErrorPoint {
  plannedMs: number;
  errorMs: number;
}

const WIDTH = 1180;
const HEIGHT = 300;
const PLOT: Plot = { left: 60, top: 28, right: WIDTH - 14, bottom: HEIGHT - 48 };

export function errorScatter(points: readonly ErrorPoint[], label: string): string {
  const longest = 1.03 * Math.max(1, ...points.map((point) => point.plannedMs));
  const spread = percentile(
    points.map((point) => Math.abs(point.errorMs)),
    99,
  );
  const height = 1.25 * Math.max(toleranceFor(longest), TOLERANCE_MS * 2, spread ?? 0);
  const x = linearScale([0, longest], [PLOT.left, PLOT.right], 10);
  const y = linearScale([-height, height], [PLOT.bottom, PLOT.top], 6);
  const steps = Array.from({ length: 51 }, (_, i) => (longest * i) / 50);
  const edge = (sign: number) => steps.map((ms) => `${short(x(ms))},${short(y(sign * toleranceFor(ms)))}`);
  const clamp = (value: number) => Math.max(-height, Math.min(height, value));
  return svg(
    WIDTH,
    HEIGHT,
    label,
    element('polygon', { points: [...edge(1), ...edge(-1).reverse()].join(' '), class: 'tolerance' }),
    frame({ plot: PLOT, x, y, xTitle: 'planned RTT, ms', yTitle: 'measured − planned, ms' }),
    ...points.map((point) => {
      const within = Math.abs(point.errorMs) <= toleranceFor(point.plannedMs);
      return element('circle', {
        cx: x(point.plannedMs),
        cy: y(clamp(point.errorMs)),
        r: 2.6,
        class: within ? 'dot' : 'dot dot-off',
      });
    }),
  );
}
