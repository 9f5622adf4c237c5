// Runs a job: starts every request at its time on an open loop (a slow answer does not hold back the next request, or
// the rate would fall just when something is wrong) and hands over each sample as it is complete.

import type { PacedJob, ProbeJob, ProbeLine, ProbeTarget, TasksJob } from '../probe-job.ts';
import { download } from './download.ts';
import { request } from './request.ts';

type Emit = (line: ProbeLine) => void;

/** A download that ended is begun again after this pause, so that a refusing server is not hammered. */
const AGAIN_AFTER_MS = 100;

export async function runProbe(job: ProbeJob, emit: Emit): Promise<void> {
  const startAt = job.startAt ?? Date.now();
  const lateMs = Math.max(0, Date.now() - startAt);
  const zero = performance.now() + (startAt + lateMs - Date.now());
  emit({ kind: 'started', at: startAt + lateMs, lateMs });
  if (job.mode === 'tasks') await runTasks(job, zero, emit);
  else await runPaced(job, zero, emit);
}

async function runTasks(job: TasksJob, zero: number, emit: Emit): Promise<void> {
  const running: Promise<void>[] = [];
  for (const task of job.tasks.toSorted((a, b) => a.atMs - b.atMs)) {
    await until(zero + task.atMs);
    running.push(request(task, task.id, task.phase).then((sample) => emit({ kind: 'sample', ...sample })));
  }
  await Promise.all(running);
}

async function runPaced(job: PacedJob, zero: number, emit: Emit): Promise<void> {
  const end = new AbortController();
  const downloads = job.downloads.map((target) => repeatDownload(target, job, zero, end.signal, emit));
  const gapMs = 1000 / job.ratePerSecond;
  const ticks = Math.floor(job.durationMs / gapMs);
  const running = new Set<Promise<void>>();
  for (let tick = 0; tick < ticks; tick++) {
    for (const [i, target] of job.targets.entries()) {
      // Targets take turns within a tick, for the same load at every moment.
      await until(zero + job.offsetMs + tick * gapMs + (i * gapMs) / job.targets.length);
      const one = request(target, String(tick), 'warm').then((sample) => {
        emit({ kind: 'sample', ...sample });
        running.delete(one);
      });
      running.add(one);
    }
  }
  await until(zero + job.durationMs);
  end.abort();
  await Promise.all([...running, ...downloads]);
}

async function repeatDownload(
  target: ProbeTarget,
  job: PacedJob,
  zero: number,
  signal: AbortSignal,
  emit: Emit,
): Promise<void> {
  await until(zero + job.offsetMs);
  for (let attempt = 1; !signal.aborted; attempt++) {
    // A path of its own for each attempt, so that no cache between has the object and sends it at once.
    const path = `${target.path}${target.path.includes('?') ? '&' : '?'}attempt=${attempt}`;
    emit({ kind: 'download', ...(await download({ ...target, path }, { stallMs: job.stallMs, signal })) });
    if (!signal.aborted) await until(performance.now() + AGAIN_AFTER_MS);
  }
}

/** Sleeps until a time of the monotonic clock; at once when it is past. */
function until(time: number): Promise<void> {
  const left = time - performance.now();
  return left <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, left));
}
