// Loads kernel modules, as insmod does, which a minimal Debian lacks: finit_module(2) by FFI. For the user-mode Linux
// of the contract's netem run. Usage: load-modules.ts FOLDER NAME...

import { execFileSync } from 'node:child_process';
import { openSync } from 'node:fs';
import koffi from 'koffi';

/** x86-64 and arm64: libc has no name for this call. */
const FINIT_MODULE = process.arch === 'arm64' ? 273 : 313;
const EEXIST = 17;

const syscall = koffi.load('libc.so.6').func('long syscall(long, int, const char*, int)');
const [folder = '', ...names] = process.argv.slice(2);
const files = String(execFileSync('find', [folder, '-name', '*.ko']))
  .trim()
  .split('\n');
for (const name of names) {
  const file = files.find((candidate) => candidate.endsWith(`/${name}.ko`));
  if (file === undefined) console.error(`${folder} has no module ${name}`);
  else if (syscall(FINIT_MODULE, openSync(file, 'r'), '', 0) !== 0 && koffi.errno() !== EEXIST)
    console.error(`the kernel does not load ${file} (errno ${koffi.errno()})`);
}
