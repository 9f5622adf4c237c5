// What a push did, or would do, for people. Pure.

import type { LeftOut } from '../../edge/io/site-files.ts';
import { bytesText } from './ctl-text.ts';
import type { PushReport } from './push.ts';
import type { PushedUrl } from './push-file.ts';

export function pushText({ pop, base, dryRun, files, urls, leftOut, milliseconds }: PushReport): string {
  const of = (...outcomes: PushedUrl['outcome'][]) => urls.filter((each) => outcomes.includes(each.outcome));
  const sent = of('new', 'changed');
  const failed = of('failed');
  const notPinned = sent.filter((each) => each.notPinned);
  const bytes = bytesText(sent.reduce((sum, each) => sum + each.bytes, 0));
  return [
    // What was sent nobody reads; what would be, somebody asked for.
    ...(dryRun ? sent : []).map(
      ({ url, outcome, bytes }) => `  ${outcome.padEnd(8)} ${url}, ${bytesText(bytes)}`,
    ),
    ...failed.map(({ url, error }) => `  failed   ${url}: ${error}`),
    `POP ${pop}: ${counted(files, 'file')} as ${counted(urls.length, 'URL')} under ${base}`,
    [
      `${of('new').length} new, ${of('changed').length} changed, ${of('unchanged').length} unchanged, ${failed.length} failed`,
      dryRun ? `${bytes} would be sent` : `${bytes} sent in ${(milliseconds / 1000).toFixed(1)} s`,
    ].join('; '),
    ...leftOutLine(leftOut),
    ...(notPinned.length === 0
      ? []
      : [
          `${counted(notPinned.length, 'URL')} not pinned and may be evicted: pins have half of the store, see cacheBytes`,
        ]),
  ].join('\n');
}

function leftOutLine({ dotFiles, links, special }: LeftOut): string[] {
  const parts = [
    ...(dotFiles > 0 ? [counted(dotFiles, 'dot file')] : []),
    ...(links > 0 ? [`${counted(links, 'link')} to outside or to a folder`] : []),
    ...(special > 0 ? [`${counted(special, 'socket, pipe or device', 'sockets, pipes or devices')}`] : []),
  ];
  return parts.length === 0 ? [] : [`left out: ${parts.join(', ')}`];
}

function counted(count: number, word: string, plural = `${word}s`): string {
  return `${count} ${count === 1 ? word : plural}`;
}
