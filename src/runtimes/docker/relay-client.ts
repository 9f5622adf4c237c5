// Speaks to the relay of a lab on Docker: HTTP on the UNIX socket of its host program (shaping/relay/host-main.ts).

import { request } from 'node:http';
import type { RelayChange } from '../../shaping/relay/protocol.ts';

const ANSWER_WITHIN_MS = 5000;

export async function setRelay(socketPath: string, change: RelayChange | RelayChange[]): Promise<void> {
  const { status, text } = await ask(socketPath, 'POST', '/set', JSON.stringify(change));
  if (status !== 200) throw new Error(`the relay refuses: ${text.trim()}`);
}

/** False while no frame passes any link. */
export async function relayWorks(socketPath: string): Promise<boolean> {
  return ask(socketPath, 'GET', '/healthz').then(
    ({ status }) => status === 200,
    () => false,
  );
}

function ask(
  socketPath: string,
  method: string,
  path: string,
  body = '',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, method, path, agent: false, timeout: ANSWER_WITHIN_MS },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('the relay does not answer')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
