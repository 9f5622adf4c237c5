// Speaks to the relay of a lab on Docker: HTTP on the UNIX socket of its host program (shaping/relay/host-main.ts).

import { askSocket } from '../../net/io/ask-socket.ts';
import type { RelayChange } from '../../shaping/relay/protocol.ts';

const WAIT = { timeoutMs: 5000, silence: 'the relay does not answer' };

export async function setRelay(socketPath: string, change: RelayChange | RelayChange[]): Promise<void> {
  const { status, text } = await askSocket(socketPath, '/set', {
    ...WAIT,
    method: 'POST',
    body: JSON.stringify(change),
  });
  if (status !== 200) throw new Error(`the relay refuses: ${text.trim()}`);
}

/** False while no frame passes any link. */
export async function relayWorks(socketPath: string): Promise<boolean> {
  return askSocket(socketPath, '/healthz', WAIT).then(
    ({ status }) => status === 200,
    () => false,
  );
}
