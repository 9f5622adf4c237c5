// Replaces the overrides file in one step.

import { randomBytes } from 'node:crypto';
import { open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { UserError } from '../../base/errors.ts';

/**
 * By a rename, so that no reader ever sees half of it, and on the disk before that. A link goes on pointing there.
 * @throws UserError.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const mode = await stat(target).then(
    (stats) => stats.mode & 0o777,
    () => 0o644,
  );
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    const hint = 'the folder of the overrides must be writable';
    throw new UserError(
      { file, message: `cannot write the overrides: ${(cause as Error).message}`, hint },
      1,
      { cause },
    );
  }
}
