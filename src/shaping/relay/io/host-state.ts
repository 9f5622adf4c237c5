// The links as they were last set, in a file, so that a restarted container carries them as they were and not as the lab
// was planned. Written whole and renamed into place; only believed for the configuration that it was made from.

import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseHostState } from '../host-config.ts';
import type { RelayLink } from '../protocol.ts';

export class HostState {
  readonly #file: string;
  readonly #configuredAs: string;

  /** `configured`: the links of the configuration. */
  constructor(file: string, configured: readonly RelayLink[]) {
    this.#file = file;
    this.#configuredAs = createHash('sha256').update(JSON.stringify(configured)).digest('hex');
  }

  /** Undefined where there is none, or it is of another configuration. @throws UserError when it cannot be read */
  read(): RelayLink[] | undefined {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const { configuredAs, links } = parseHostState(text, this.#file);
    return configuredAs === this.#configuredAs ? links : undefined;
  }

  write(links: readonly RelayLink[]): void {
    const part = `${this.#file}.part`;
    writeFileSync(part, `${JSON.stringify({ configuredAs: this.#configuredAs, links })}\n`);
    renameSync(part, this.#file);
  }
}
