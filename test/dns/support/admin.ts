// The admin server's side door, read as a person with curl would.

import type { RunningServer } from './server.ts';

export async function adminJson<T>(server: RunningServer, path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${server.adminPort}${path}`);
  return (await response.json()) as T;
}

export async function adminText(server: RunningServer, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${server.adminPort}${path}`)).text();
}

/** Sum of a Prometheus metric over its labels; `labels` is text that the line must hold. */
export function metricSum(text: string, name: string, labels = ''): number {
  return text
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
