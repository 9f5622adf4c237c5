// The whole report as one HTML page that needs nothing else: no request leaves it and no script runs in it.

import type { ReportModel } from '../report-model.ts';
import { catchmentMapSection } from './catchment-map.ts';
import { confusionSection } from './confusion.ts';
import { failoverSection } from './failover.ts';
import { fidelitySection } from './fidelity.ts';
import { header } from './header.ts';
import { distributionsSection } from './latency-distributions.ts';
import { locationTableSection } from './location-table.ts';
import { styleSheet } from './style.ts';
import { verdictSection } from './verdict.ts';

export function htmlReport(model: ReportModel): string {
  const { comparison, samples, failover } = model;
  const sections = [
    header(model),
    ...(comparison ? [verdictSection(comparison), catchmentMapSection(comparison)] : []),
    ...(comparison ? [distributionsSection(comparison, samples), locationTableSection(comparison)] : []),
    ...(comparison ? [confusionSection(comparison)] : []),
    ...(failover ? [failoverSection(failover)] : []),
    ...(comparison ? [fidelitySection(comparison, samples)] : []),
    '<footer>Map: Natural Earth 1:110m (public domain). Made by Catchment; the numbers are beside this file as JSON and CSV.</footer>',
  ];
  const title = comparison
    ? `DNS and anycast: ${comparison.topology}`
    : `Failover of ${failover?.pop ?? 'a POP'}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<link rel="icon" href="data:,"><title>${title}</title><style>${styleSheet()}</style></head>
<body><main>
${sections.join('\n')}
</main></body></html>
`;
}
