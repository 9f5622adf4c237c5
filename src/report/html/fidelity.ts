// How far the emulation can be trusted: error of every sample against the plan, the machine's load, and what the timers
// and the daemon flatter.

import type { Comparison } from '../../measurement/comparison-result.ts';
import type { Sample } from '../../measurement/sample.ts';
import { type ErrorPoint, errorScatter } from '../charts/error-scatter.ts';
import { escapeHtml } from '../charts/svg.ts';
import { formatPercent } from '../format.ts';
import { EMULATION_CAVEATS } from '../report-model.ts';
import { section } from './parts.ts';

export function fidelitySection(comparison: Comparison, samples: readonly Sample[]): string {
  const { fidelity, agreement } = comparison;
  const points = samples.flatMap((sample): ErrorPoint[] =>
    sample.plannedRttMs === undefined || sample.connectMs === undefined
      ? []
      : [{ plannedMs: sample.plannedRttMs, errorMs: sample.connectMs - sample.plannedRttMs }],
  );
  const good = fidelity.withinTolerance >= 0.95;
  const facts = [
    `<b class="${good ? 'good' : 'bad'}">${formatPercent(fidelity.withinTolerance, 1)}</b> of ${fidelity.samples} connect times are within ${fidelity.toleranceMs} ms or ${fidelity.tolerancePercent} % of the planned RTT (goal: 95 %).`,
    `Error of the median sample ${fidelity.medianErrorMs} ms, of the 95th percentile ${fidelity.p95ErrorMs} ms.`,
    ...(fidelity.impairedSamples > 0
      ? [
          `${fidelity.impairedSamples} samples over last miles with configured jitter or loss are shown but not judged.`,
        ]
      : []),
    ...(fidelity.host
      ? [
          `The machine's ${fidelity.host.cores} cores were ${formatPercent(fidelity.host.busyShare)} busy meanwhile (load average ${fidelity.host.loadAverage}).`,
        ]
      : []),
    ...(agreement
      ? [
          `${agreement.agreeing} of ${agreement.clients} measured anycast catchments are the ones predicted from the topology's policy.`,
        ]
      : []),
    ...conditions(comparison),
  ];
  const chart =
    points.length === 0
      ? ''
      : `<figure>${errorScatter(points, 'Emulation error over planned RTT')}<figcaption>Every connect, against the sum of the delays along its forward and reverse path; the band is the tolerance.</figcaption></figure>`;
  return section(
    'Fidelity and conditions',
    'What the emulation got right, and what it leaves out.',
    `${chart}<ul class="plain">${facts.map((fact) => `<li>${fact}</li>`).join('')}</ul>`,
  );
}

/** The timer profile and the caveats that go with every number about routing; HTML. */
export function conditions(measured: { timers: string; timerCaveat?: string; bfd: boolean }): string[] {
  return [
    `BGP timer profile ${measured.timers}${measured.timerCaveat ? `: ${measured.timerCaveat}` : '.'}`,
    measured.bfd ? 'BFD watches the sessions of POPs.' : 'No BFD: silent failures wait for the hold timer.',
    ...EMULATION_CAVEATS,
  ].map(escapeHtml);
}
