// One HTTP exchange over a UNIX socket, which is reached by path whatever the network namespace.

import { request } from 'node:http';

export interface AskOptions {
  method?: string;
  body?: string;
  /** Without a byte for that long, the question has failed. */
  timeoutMs: number;
  /** The error's message then. */
  silence?: string;
}

/** Whatever the status; rejects with what the socket says, or `silence`. */
export function askSocket(
  socketPath: string,
  path: string,
  { method = 'GET', body = '', timeoutMs, silence = 'does not answer' }: AskOptions,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { socketPath, method, path, agent: false, timeout: timeoutMs };
    const outgoing = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(silence)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
