// Certificates of DoT and DoH: read from their files at the start and at each reload. A bad pair is refused with what is
// wrong, and the old one stays.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { UserError } from '../../base/errors.ts';

export interface Certificate {
  cert: string;
  key: string;
}

export interface CertificateFiles {
  certificate: string;
  key: string;
}

/** PEM of both, tried together. @throws UserError */
export function readCertificate(files: CertificateFiles, folder: string): Certificate {
  const cert = read(resolve(folder, files.certificate), 'certificate');
  const key = read(resolve(folder, files.key), 'key');
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new UserError({
      file: files.certificate,
      message: `certificate and key cannot be used: ${(error as Error).message}`,
      expected: 'PEM, a chain with our certificate first, and the key that belongs to it',
      hint: `openssl x509 -noout -pubkey -in ${files.certificate}; openssl pkey -pubout -in ${files.key}`,
    });
  }
  return { cert, key };
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError({ file, message: `cannot read the ${what}: ${(error as Error).message}` });
  }
}
