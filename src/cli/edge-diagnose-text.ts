// The hit-ratio ladder for people: the ratio, what each step takes of it, what to change first. Pure.

import type { DiagnosisReport, LadderStep } from '../edge/diagnose/diagnosis.ts';
import type { Output } from './output.ts';
import { formatTable } from './table.ts';

/** Changes that would bring less are not worth a line. */
const LEAST_GAIN_POINTS = 0.5;
const MOST_CHANGES = 8;

export function diagnosisText(report: DiagnosisReport, { style }: Pick<Output, 'style'>): string {
  const { ladder, worst, objects, lifetimes, whatIf, notes } = report;
  const lines = [
    `${report.considered} requests in ${duration(report.toMs - report.fromMs)} for ${objects.seen} objects`,
    `hit ratio ${style('bold', percent(report.hitRatio))}, of bytes ${style('bold', percent(report.byteHitRatio))}` +
      `${report.staleRatio > 0 ? `; stale ${percent(report.staleRatio)}` : ''}` +
      `${report.revalidated > 0 ? `; ${report.revalidated} revalidated without a body (304)` : ''}`,
    '',
    ladderTable(ladder),
  ];
  if (worst)
    lines.push(
      '',
      `${style('bold', 'Change first')}: ${worst.title} costs ${points(worst.points)}.`,
      `  ${worst.advice}`,
    );
  const others = ladder.filter((step) => step !== worst && step.points >= 1 && step.cause !== 'collapsed');
  for (const step of others) lines.push(`then: ${step.title} (${points(step.points)}). ${step.advice}`);
  const changes = whatIf.changes
    .filter(({ gainPoints }) => gainPoints >= LEAST_GAIN_POINTS)
    .slice(0, MOST_CHANGES);
  if (changes.length > 0) {
    lines.push('', 'What if (the log replayed into a cache without limits):');
    for (const { change, gainPoints } of changes) lines.push(`  ${change}: +${gainPoints.toFixed(1)} points`);
  }
  const { medianSeconds, medianGapSeconds, gapsBeyondLifetimeShare } = lifetimes;
  lines.push('');
  if (medianGapSeconds !== null) {
    const life = medianSeconds === null ? '' : `, lifetime ${duration(medianSeconds * 1000)}`;
    const beyond =
      gapsBeyondLifetimeShare === null
        ? ''
        : `; ${percent(gapsBeyondLifetimeShare)} of gaps are longer than it`;
    lines.push(
      `time between two requests for an object: ${duration(medianGapSeconds * 1000)}${life} (medians)${beyond}`,
    );
  }
  lines.push(
    `asked for once only: ${objects.askedOnce} of ${objects.seen} objects, ${percent(objects.askedOnceRequestsShare)} of requests`,
  );
  for (const note of notes) lines.push(`note: ${note}`);
  return lines.join('\n');
}

function ladderTable(ladder: readonly LadderStep[]): string {
  let left = 100;
  const rows = ladder.map((step) => {
    left -= step.points;
    return { ...step, left };
  });
  return formatTable(
    [
      { title: 'STEP', cell: ({ title }) => title },
      { title: 'REQUESTS', align: 'right', cell: ({ requests }) => String(requests) },
      { title: 'POINTS', align: 'right', cell: (row) => `-${row.points.toFixed(1)}` },
      { title: 'OF BYTES', align: 'right', cell: ({ bytePoints }) => `-${bytePoints.toFixed(1)}` },
      { title: 'LEFT', align: 'right', cell: (row) => `${Math.max(0, row.left).toFixed(1)} %` },
      {
        title: 'MOST OF IT',
        cell: ({ top }) =>
          top
            .slice(0, 3)
            .map(({ name, requests }) => `${name} ${requests}`)
            .join(', '),
      },
    ],
    rows,
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function points(value: number): string {
  return `${value.toFixed(1)} points of the hit ratio`;
}

function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`;
}
