// A cumulative distribution with one line per series: how many users (share) have this many milliseconds or less.

import { cumulativeDistribution, type Weighted } from '../../measurement/latency-statistics.ts';
import { frame, marker, type Plot } from './frame.ts';
import { linearScale, roundUp } from './scale.ts';
import { element, short, svg, title } from './svg.ts';

export interface CdfSeries {
  label: string;
  /** Class that carries the colour and the dash. */
  className: string;
  values: readonly Weighted[];
}

export interface CdfOptions {
  label: string;
  xTitle: string;
  series: readonly CdfSeries[];
  mark?: { at: number; label: string };
}

const WIDTH = 400;
const HEIGHT = 290;
const PLOT: Plot = { left: 48, top: 30, right: WIDTH - 14, bottom: HEIGHT - 48 };

export function cdfChart(options: CdfOptions): string {
  const series = options.series.filter((each) => each.values.length > 0);
  const maximum = Math.max(
    1,
    (options.mark?.at ?? 0) * 1.3,
    ...series.flatMap((each) => each.values.map((one) => one.value)),
  );
  const x = linearScale([0, roundUp(maximum)], [PLOT.left, PLOT.right], 5);
  const y = linearScale([0, 1], [PLOT.bottom, PLOT.top], 4);
  const lines = series.map((each) => {
    const steps = cumulativeDistribution(each.values);
    let path = `M${short(x(0))} ${short(y(0))}`;
    for (const step of steps) path += `H${short(x(step.value))}V${short(y(step.share))}`;
    return element(
      'path',
      { d: `${path}H${PLOT.right}`, class: `line ${each.className}` },
      title(each.label),
    );
  });
  return svg(
    WIDTH,
    HEIGHT,
    options.label,
    frame({
      plot: PLOT,
      x,
      y,
      xTitle: options.xTitle,
      yTitle: 'share of users',
      formatY: (value) => `${Math.round(value * 100)} %`,
    }),
    ...(options.mark ? [marker(PLOT, x(options.mark.at), options.mark.label)] : []),
    ...lines,
  );
}
