// Certificates for the tests of DoT and DoH, by openssl, in a folder that is removed afterwards.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes `cert.pem` and `key.pem` for 127.0.0.1 and `name`; again: new ones. */
export function makeCertificate(folder: string, name = 'dns.test'): void {
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const request = [
    '-subj',
    `/CN=${name}`,
    '-addext',
    `subjectAltName=DNS:${name},IP:127.0.0.1`,
    '-days',
    '2',
  ];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...request], { stdio: 'ignore' });
}

export function certificateFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'dns-certificate-'));
  makeCertificate(folder);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
