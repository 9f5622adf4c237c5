// Writes a report's files into a folder, and reads them back to make the page again.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/errors.ts';
import type { Comparison } from '../../measurement/comparison-result.ts';
import type { Sample } from '../../measurement/sample.ts';
import { comparisonCsv } from '../csv.ts';
import { htmlReport } from '../html/page.ts';
import type { FailoverReport, ReportModel } from '../report-model.ts';

export interface ReportFiles {
  html: string;
  comparison?: string;
  csv?: string;
  samples?: string;
  failover?: string;
}

/** Writes what the model has and tells where; a file of an earlier run of the same kind is replaced. */
export async function writeReport(folder: string, model: ReportModel): Promise<ReportFiles> {
  await mkdir(folder, { recursive: true });
  const files: ReportFiles = { html: join(folder, 'report.html') };
  const write = async (name: string, content: string) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  if (model.comparison) {
    files.comparison = await write('comparison.json', json(model.comparison));
    files.csv = await write('comparison.csv', comparisonCsv(model.comparison));
    files.samples = await write(
      'samples.jsonl',
      model.samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''),
    );
  }
  if (model.failover) files.failover = await write('failover.json', json(model.failover));
  await write('report.html', htmlReport(model));
  return files;
}

/** The model of a folder that `writeReport` wrote. */
export async function readReport(folder: string): Promise<ReportModel> {
  const [comparison, samples, failover] = await Promise.all([
    readOptional(join(folder, 'comparison.json')),
    readOptional(join(folder, 'samples.jsonl')),
    readOptional(join(folder, 'failover.json')),
  ]);
  if (comparison === undefined && failover === undefined) {
    throw new UserError({
      message: `no comparison and no failover result in ${folder}`,
      hint: './lab compare, or ./lab scenario run fail-pop, makes one',
    });
  }
  return {
    ...(comparison !== undefined && { comparison: JSON.parse(comparison) as Comparison }),
    samples: (samples ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Sample),
    ...(failover !== undefined && { failover: JSON.parse(failover) as FailoverReport }),
  };
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
