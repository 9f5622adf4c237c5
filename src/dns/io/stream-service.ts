// TCP, DNS over TLS and DNS over HTTPS, on the main thread: all their connections share one table of bounds.

import { parsePrefix } from '../../net/prefix.ts';
import type { DnsConfig } from '../config.ts';
import type { SecureListener } from './dot-listener.ts';
import type { Listener, PacketHandler } from './listener.ts';
import type { ListenSockets } from './listener-sockets.ts';
import { ConnectionTable } from './tcp-connections.ts';
import { listenTcp, type StreamPlace } from './tcp-listener.ts';

export interface StreamService {
  connections: ConnectionTable;
  /** Reads certificates anew. @throws UserError, and then nothing has changed */
  reload(config: DnsConfig, pathOf: (file: string) => string): void;
  close(): Promise<void>;
}

/** `places` are those of TCP, on the ports of UDP; with `sockets`, all is listened on through them. @throws UserError */
export async function startStreams(
  config: DnsConfig,
  places: readonly StreamPlace[],
  handler: PacketHandler,
  pathOf: (file: string) => string,
  sockets?: ListenSockets,
): Promise<StreamService> {
  const connections = new ConnectionTable(config.tcp);
  const listeners: Listener[] = [];
  const secure: { listener: SecureListener; part: 'tls' | 'https' }[] = [];
  const close = async () => {
    await Promise.all(listeners.map((listener) => listener.close()));
    await connections.close();
  };
  // Loaded where they are wanted: the lab's two dozen servers do without.
  const tools = config.tls || config.https ? await import('./secure-tools.ts') : undefined;
  const certificateOf = (part: 'tls' | 'https', of: DnsConfig, path: (file: string) => string) => {
    const files = of[part];
    if (!files?.certificate || !files.key || !tools) return undefined;
    return tools.readCertificate({ certificate: path(files.certificate), key: path(files.key) }, '/');
  };
  try {
    for (const place of places) listeners.push(await listenTcp(place, handler, connections));
    for (const place of config.tls?.listen ?? []) {
      const certificate = certificateOf('tls', config, pathOf);
      if (!tools || !certificate) continue;
      const listener = await tools.listenDot(
        sockets?.stream('dot', place) ?? place,
        certificate,
        handler,
        connections,
      );
      listeners.push(listener);
      secure.push({ listener, part: 'tls' });
    }
    for (const place of config.https?.listen ?? []) {
      if (!tools || !config.https) continue;
      const { path, trustForwardedFrom } = config.https;
      const trusted = trustForwardedFrom.flatMap((text) => parsePrefix(text) ?? []);
      const certificate = certificateOf('https', config, pathOf);
      const listener = await tools.listenDoh(place, { path, trusted, certificate }, handler, connections);
      listeners.push(listener);
      if (certificate) secure.push({ listener, part: 'https' });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    connections,
    reload: (fresh, path) => {
      const certificates = secure.map(({ part }) => certificateOf(part, fresh, path));
      for (const [i, { listener }] of secure.entries()) {
        const certificate = certificates[i];
        if (certificate) listener.useCertificate(certificate);
      }
    },
    close,
  };
}
