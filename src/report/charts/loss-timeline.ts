// A failure as time: above, the share of requests lost per strategy; below, one strip per affected client and strategy,
// dark where requests were lost. Time zero is the failure.

import { frame, marker, type Plot } from './frame.ts';
import { linearScale } from './scale.ts';
import { element, short, svg, text, title } from './svg.ts';

export interface TimelineSeries {
  label: string;
  className: string;
  points: readonly { atMs: number; lostShare: number | null }[];
}

export interface TimelineStrip {
  label: string;
  className: string;
  /** One per step of the series' time line. */
  lostShares: readonly (number | null)[];
}

export interface TimelineOptions {
  label: string;
  series: readonly TimelineSeries[];
  strips: readonly TimelineStrip[];
  restoredAtMs: number;
  binMs: number;
}

const WIDTH = 1180;
const CURVES_HEIGHT = 250;
const STRIP_HEIGHT = 18;
const PLOT: Plot = { left: 190, top: 28, right: WIDTH - 14, bottom: CURVES_HEIGHT - 48 };

export function lossTimeline(options: TimelineOptions): string {
  const times = options.series.flatMap((each) => each.points.map((point) => point.atMs));
  const from = Math.min(0, ...times);
  const to = Math.max(options.binMs, ...times) + options.binMs;
  const x = linearScale([from / 1000, to / 1000], [PLOT.left, PLOT.right], 12);
  const y = linearScale([0, 1], [PLOT.bottom, PLOT.top], 4);
  const bottom = CURVES_HEIGHT + options.strips.length * STRIP_HEIGHT;
  const whole: Plot = { ...PLOT, bottom };
  const seconds = (ms: number) => x(ms / 1000);
  const curves = options.series.map((each) => {
    let path = '';
    for (const point of each.points) {
      if (point.lostShare === null) continue;
      const start = short(seconds(point.atMs));
      const end = short(seconds(point.atMs + options.binMs));
      path += `${path === '' ? 'M' : 'L'}${start} ${short(y(point.lostShare))}H${end}`;
    }
    return element('path', { d: path, class: `line ${each.className}` }, title(each.label));
  });
  const strips = options.strips.map((strip, row) => {
    const top = CURVES_HEIGHT + row * STRIP_HEIGHT;
    const cells = strip.lostShares.map((share, i) => {
      if (share === null) return '';
      const start = seconds(from + i * options.binMs);
      const width = seconds(from + (i + 1) * options.binMs) - start;
      return element('rect', {
        x: start,
        y: top + 2,
        width: width + 0.3,
        height: STRIP_HEIGHT - 4,
        class: share === 0 ? 'strip-ok' : `strip-lost ${strip.className}`,
        opacity: share === 0 ? undefined : 0.35 + 0.65 * share,
      });
    });
    return (
      text(PLOT.left - 8, top + 13, strip.label, { class: 'tick', 'text-anchor': 'end' }) + cells.join('')
    );
  });
  return svg(
    WIDTH,
    bottom + 6,
    options.label,
    frame({
      plot: PLOT,
      x,
      y,
      xTitle: 'seconds after the failure',
      yTitle: 'requests lost, share (clients affected)',
      formatY: (value) => `${Math.round(value * 100)} %`,
    }),
    ...strips,
    marker(whole, seconds(0), 'fails'),
    marker(whole, seconds(options.restoredAtMs), 'restored'),
    ...curves,
  );
}
