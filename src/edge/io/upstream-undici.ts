// The two parts of undici that are used. Not all of it is loaded (12 MB less per process), and not Node's HTTP/2, which
// they could do without and we do not use (3 MB less).

import { createRequire, registerHooks } from 'node:module';
import type { Client, Pool } from 'undici';

export const { PoolClass, ClientClass } = load();

function load(): { PoolClass: typeof Pool; ClientClass: typeof Client } {
  const withoutHttp2 = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'node:http2') throw new Error('not wanted'); // undici takes that for a Node.js without it
      return next(specifier, context);
    },
  });
  try {
    const require = createRequire(import.meta.url);
    return {
      PoolClass: require('undici/lib/dispatcher/pool.js') as typeof Pool,
      ClientClass: require('undici/lib/dispatcher/client.js') as typeof Client,
    };
  } finally {
    withoutHttp2.deregister();
  }
}
