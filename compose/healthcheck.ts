// What HEALTHCHECK runs in the images of single services: `healthcheck.ts SOCKET` asks the service's admin server there
// whether it works. Docker keeps the last lines for `docker inspect`, so they say what to do.

import { get } from 'node:http';

const [socketPath = ''] = process.argv.slice(2);

get({ socketPath, path: '/healthz' }, ({ statusCode }) => {
  console.log(`/healthz: ${statusCode}`);
  process.exit(statusCode === 200 ? 0 : 1);
}).on('error', ({ message }) => {
  console.log(`${message}: the configuration needs  admin: { path: ${socketPath} }`);
  process.exit(1);
});
