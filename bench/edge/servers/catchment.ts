// Ours, with all that it does by default.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST } from '../client.ts';
import type { ServerKind } from '../server.ts';

export interface Variant {
  name: string;
  /** More of the configuration's top level. */
  more?: Readonly<Record<string, unknown>>;
  nodeFlags?: readonly string[];
}

export function catchment(main: string, { name, more = {}, nodeFlags = [] }: Variant): ServerKind {
  return {
    name,
    packages: [],
    prepare(folder, { port, originPort, cacheBytes }) {
      const config = {
        listen: [{ address: '127.0.0.1', port }],
        pop: 'fra',
        origin: { host: HOST, address: '127.0.0.1', port: originPort },
        cacheBytes,
        admin: { path: join(folder, 'admin.sock') },
        ...more,
      };
      const file = join(folder, 'edge.json');
      writeFileSync(file, JSON.stringify(config));
      const flags = ['--disable-warning=ExperimentalWarning', ...nodeFlags];
      return { argv: [process.execPath, ...flags, main, '--config', file] };
    },
  };
}

/** More configuration of an edge whose misses go through another edge on `shieldPort`, the shield; none without one. */
export function catchmentShielded(
  index: number,
  shieldPort: number | undefined,
): Readonly<Record<string, unknown>> {
  if (shieldPort === undefined) return { pop: `edge${index}` };
  const parents = [{ name: 'fra', address: '127.0.0.1', port: shieldPort }];
  return { pop: `edge${index}`, shield: { parents } };
}
