// Pushes a directory of the edge's own machine as a site, which the edge then serves without an origin. From another
// machine the command line does it file by file (src/cli/edge/push.ts).

import { readFile } from 'node:fs/promises';
import { PUSHED_TTL_SECONDS, type PushedObject } from './push-object.ts';
import { contentTypeOf } from './push-types.ts';
import { type LeftOut, siteFiles } from './site-files.ts';

export interface PushOptions {
  directory: string;
  /** `http://www.cdn.test/docs/`, or a path: what file names are appended to. */
  base: string;
  ttlSeconds?: number | undefined;
  cacheControl?: string | undefined;
  tags?: readonly string[] | undefined;
  pin?: boolean | undefined;
}

export interface PushReport {
  files: number;
  bytes: number;
  urls: number;
  failed: { file: string; error: string }[];
  leftOut: LeftOut;
}

/** `put` takes an object into the store, here or at another edge. @throws UserError for the directory as such. */
export async function pushDirectory(
  options: PushOptions,
  put: (object: PushedObject) => unknown,
): Promise<PushReport> {
  const { files, leftOut } = siteFiles(options.directory, options.base);
  const report: PushReport = { files: 0, bytes: 0, urls: 0, failed: [], leftOut };
  for (const { path, name, urls } of files) {
    try {
      const body = await readFile(path);
      for (const url of urls) {
        await put({
          url,
          contentType: contentTypeOf(name),
          body,
          cacheControl: options.cacheControl,
          ttlSeconds: options.ttlSeconds ?? PUSHED_TTL_SECONDS,
          tags: options.tags ?? [],
          pin: options.pin ?? true,
        });
        report.urls++;
      }
      report.files++;
      report.bytes += body.length;
    } catch (error) {
      report.failed.push({ file: name, error: (error as Error).message });
    }
  }
  return report;
}
