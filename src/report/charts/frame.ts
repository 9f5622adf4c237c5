// The frame around an x-y chart: grid lines, tick labels, axis titles. Charts draw into `plot`.

import type { Scale } from './scale.ts';
import { element, short, text } from './svg.ts';

export interface Plot {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface FrameOptions {
  plot: Plot;
  x: Scale;
  y: Scale;
  xTitle: string;
  yTitle: string;
  formatX?: (value: number) => string;
  formatY?: (value: number) => string;
}

export function frame(options: FrameOptions): string {
  const { plot, x, y, formatX = short, formatY = short } = options;
  const vertical = x.ticks.map((tick) => {
    const at = x(tick);
    return (
      element('line', { x1: at, x2: at, y1: plot.top, y2: plot.bottom, class: 'grid' }) +
      text(at, plot.bottom + 18, formatX(tick), { class: 'tick', 'text-anchor': 'middle' })
    );
  });
  const horizontal = y.ticks.map((tick) => {
    const at = y(tick);
    return (
      element('line', { x1: plot.left, x2: plot.right, y1: at, y2: at, class: 'grid' }) +
      text(plot.left - 8, at + 4, formatY(tick), { class: 'tick', 'text-anchor': 'end' })
    );
  });
  return [
    ...vertical,
    ...horizontal,
    element('line', { x1: plot.left, x2: plot.right, y1: plot.bottom, y2: plot.bottom, class: 'axis' }),
    text((plot.left + plot.right) / 2, plot.bottom + 38, options.xTitle, {
      class: 'axis-title',
      'text-anchor': 'middle',
    }),
    text(Math.max(0, plot.left - 44), plot.top - 14, options.yTitle, { class: 'axis-title' }),
  ].join('');
}

/** A vertical line with a word at its top: a limit, or an event. */
export function marker(plot: Plot, x: number, label: string): string {
  return (
    element('line', { x1: x, x2: x, y1: plot.top, y2: plot.bottom, class: 'marker' }) +
    text(x + 3, plot.top - 3, label, { class: 'marker-label' })
  );
}
