// The failover in one paragraph of plain English: what each strategy lost, how soon it was whole again, what broke.

import type { StrategyFailover } from '../measurement/failover.ts';
import { STRATEGY_LABELS } from '../measurement/verdict.ts';
import { formatDuration, formatPercent, formatUsers } from './format.ts';
import type { FailoverReport } from './report-model.ts';

const MANNER: Record<string, string> = {
  silent: 'fell silent',
  clean: 'failed in sight of its neighbours',
  drain: 'was drained',
};

/** Above this, processes wait for a processor long enough to be noticed. */
const BUSY_SHARE = 0.8;

export function failoverVerdict(report: FailoverReport): string {
  const { result } = report;
  const parts = result.strategies.map(loss);
  const broken = result.strategies
    .filter((each) => each.all.downloadsOpen > 0)
    .map((each) => `${each.affected.downloadsBroken} of ${each.affected.downloadsOpen} under ${label(each)}`);
  const restored = result.strategies
    .filter((each) => each.all.lostOnRestoration + each.all.downloadsBrokenOnRestoration > 0)
    .map(
      (each) =>
        `${label(each)} lost ${count(each.all.lostOnRestoration, 'request')} and broke ${count(each.all.downloadsBrokenOnRestoration, 'download')}`,
    );
  return [
    `When ${report.pop} ${MANNER[report.how] ?? 'failed'}, ${parts.join('; ')}.`,
    ...(broken.length > 0
      ? [`Long downloads of the clients affected that broke: ${broken.join(', ')}.`]
      : []),
    ...(restored.length > 0
      ? [`Its return cost more: ${restored.join('; ')}.`]
      : ['Its return cost nothing.']),
    ...doubts(report),
  ].join(' ');
}

/** Requests that were lost before anything failed, or a machine without time to spare. */
function doubts({ result, host }: FailoverReport): string[] {
  const early = result.strategies.reduce((sum, each) => sum + each.all.lostBefore, 0);
  const busy =
    host && host.busyShare > BUSY_SHARE ? `, the machine was ${formatPercent(host.busyShare)} busy` : '';
  if (early === 0 && busy === '') return [];
  const lost = `${count(early, 'request')} ${early === 1 ? 'was' : 'were'} lost before the failure`;
  return [`Caution: ${lost}${busy}; losses of clients served elsewhere are likely the machine's own.`];
}

function loss(each: StrategyFailover): string {
  const { affected } = each;
  const { recoveryMs, notRecovered } = affected;
  if (affected.clients === 0) return `${label(each)} had no location there`;
  const whose = `of ${count(affected.clients, 'location')} (${formatUsers(affected.users)} users)`;
  const late =
    affected.slow > 0
      ? ` (${affected.slow} ${affected.lost > 0 ? 'more ' : ''}came more than half a second late)`
      : '';
  if (affected.lost === 0) return `${label(each)} lost nothing ${whose}${late}`;
  const worst =
    recoveryMs.worst !== recoveryMs.median ? `, at worst ${formatDuration(recoveryMs.worst)}` : '';
  const recovered =
    recoveryMs.median === null
      ? ''
      : ` and was whole again after ${formatDuration(recoveryMs.median)}${worst}`;
  const never =
    notRecovered > 0
      ? `${recovered === '' ? ' and' : ', but'} ${notRecovered} did not recover before the restore`
      : '';
  const relapse =
    affected.lostAfterRecovery > 0
      ? `, though ${affected.lostAfterRecovery} of them were lost in relapses after that`
      : '';
  return `${label(each)} lost ${count(affected.lost, 'request')} ${whose}${late}${recovered}${relapse}${never}`;
}

function label(each: StrategyFailover): string {
  return each.strategy === 'oracle' ? 'unicast' : STRATEGY_LABELS[each.strategy];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
