// `./lab edge ctl push DIRECTORY`: a static site into an edge's store, over its admin server, which may be on another
// machine. The edge is asked what it holds before a file is sent: most files of a site did not change.

import { UserError } from '../../base/errors.ts';
import { MOST_PUSHED_BYTES } from '../../edge/io/push-object.ts';
import { type LeftOut, siteFiles } from '../../edge/io/site-files.ts';
import { type AdminEndpoint, askAdmin, refusalOf, replyOfAdmin } from '../ask-admin.ts';
import type { Cli } from '../context.ts';
import { createProgress } from '../progress.ts';
import { type PushedEdge, type PushedUrl, pushFile } from './push-file.ts';
import { type PushOptions, planPush } from './push-options.ts';
import { pushText } from './push-text.ts';

export interface PushReport {
  pop: string;
  base: string;
  dryRun: boolean;
  files: number;
  /** Of all URLs together, by URL. */
  urls: PushedUrl[];
  leftOut: LeftOut;
  milliseconds: number;
}

/**
 * False when a file failed; the others are pushed all the same. @throws UserError for wrong options (exit code 2), a
 * directory that cannot be read or has no files, and an edge that is not there.
 */
export async function runPush(
  endpoint: () => Promise<AdminEndpoint>,
  directory: string,
  options: PushOptions,
  { output, signal }: Pick<Cli, 'output' | 'signal'>,
): Promise<boolean> {
  const plan = planPush(options);
  const { files, leftOut } = siteFiles(directory, plan.base);
  if (files.length === 0) {
    const hint = 'the folder of the built site, such as ./public';
    throw new UserError({ file: directory, message: 'no files to push', hint });
  }
  const where = await endpoint();
  const startedAt = performance.now();
  const { pop, store } = JSON.parse(await askAdmin('edge', where, { target: '/state' })) as {
    pop: string;
    store: { maxObjectBytes: number };
  };
  const edge: PushedEdge = {
    ask: (question) => replyOfAdmin('edge', where, question),
    refusal: (reply) =>
      refusalOf(reply, where)
        .map(({ message }) => message)
        .join('; '),
    mostBytes: Math.min(store.maxObjectBytes, MOST_PUSHED_BYTES),
  };

  const progress = createProgress(output);
  const urls: PushedUrl[] = [];
  const queue = files.entries();
  const work = async () => {
    for (const [i, file] of queue) {
      signal.throwIfAborted();
      progress.doing(`${i + 1} of ${files.length} files: ${file.name}`);
      urls.push(...(await pushFile(edge, file, plan)));
    }
  };
  try {
    await Promise.all(Array.from({ length: plan.concurrency }, work));
  } finally {
    progress.stop();
  }
  const { base, dryRun } = plan;
  const milliseconds = Math.round(performance.now() - startedAt);
  urls.sort((a, b) => (a.url < b.url ? -1 : 1));
  const report: PushReport = { pop, base, dryRun, files: files.length, urls, leftOut, milliseconds };
  if (output.json) output.data(report);
  else output.print(pushText(report));
  return urls.every(({ outcome }) => outcome !== 'failed');
}
