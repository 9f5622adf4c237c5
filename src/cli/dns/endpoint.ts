// Where a running server's admin server is: as told, as its configuration says, or a POP's in the running lab.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { formatEndpoint } from '../../net/endpoint.ts';
import { type AdminEndpoint, parseEndpoint } from '../ask-admin.ts';
import { type Cli, openLab } from '../context.ts';

export interface EndpointOptions {
  admin?: string;
  config?: string;
  tokenFile?: string;
  pop?: string;
}

export async function adminEndpoint(cli: Cli, options: EndpointOptions): Promise<AdminEndpoint> {
  const { admin, config, tokenFile, pop } = options;
  if (admin !== undefined) return parseEndpoint(admin, await token(tokenFile));
  if (config !== undefined) return configuredEndpoint(config, tokenFile);
  if (pop === undefined) {
    throw new UserError(
      {
        message: 'which server?',
        expected: '--admin WHERE, --config FILE, or --pop POP of a running lab',
        hint: './lab dns ctl status --admin /run/dns.sock',
      },
      2,
    );
  }
  const { lab, topology } = await openLab(cli);
  const found = topology.pops.find((each) => each.name === pop || each.code === pop);
  if (found) return { path: `${lab.runFolder(found.name)}/dns.sock` };
  const expected = topology.pops.map(({ name }) => name).join(', ');
  throw new UserError({ message: `there is no POP "${pop}"`, expected }, 2);
}

async function configuredEndpoint(file: string, tokenFile: string | undefined): Promise<AdminEndpoint> {
  const { parseDnsConfig } = await import('../../dns/config.ts');
  const { admin } = await parseDnsConfig(readFileSync(file, 'utf8'), file);
  const folder = dirname(file);
  if (!admin) {
    const hint = '"admin": {"path": "dns.sock"}';
    throw new UserError({ file, path: 'admin', message: 'this server has no admin server', hint });
  }
  if ('path' in admin) return { path: resolve(folder, admin.path) };
  if (admin.port === 0)
    throw new UserError({ file, path: 'admin.port', message: 'port 0 is any: use --admin' });
  const secret = tokenFile ?? (admin.tokenFile && resolve(folder, admin.tokenFile));
  return parseEndpoint(`http://${formatEndpoint(admin)}`, await token(secret));
}

async function token(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const { readAdminToken } = await import('../../dns/io/admin-access.ts');
  return readAdminToken(file);
}
