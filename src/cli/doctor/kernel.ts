// What the kernel allows: namespaces (without them there is no netns runtime), netem, and a user-mode Linux to test
// netem in where the kernel lacks it.

import { existsSync } from 'node:fs';
import { release } from 'node:os';
import type { Check } from './check.ts';
import { run } from './run.ts';

export async function namespaceCheck(): Promise<Check> {
  const root = process.getuid?.() === 0;
  const flags = [...(root ? [] : ['--user', '--map-root-user']), '--mount', '--net', '--pid', '--fork'];
  const { ok, text } = await run('unshare', [...flags, 'true']);
  return {
    name: 'namespaces',
    state: ok ? 'ok' : 'missing',
    found: ok ? `${root ? 'as root' : 'user namespaces'}, kernel ${release()}` : text,
    means: 'a lab is a set of network namespaces',
    hint: root
      ? 'this container or machine lacks CAP_SYS_ADMIN: docker run --privileged'
      : 'sudo ./lab up, or allow user namespaces: sudo sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000 kernel.apparmor_restrict_unprivileged_userns=0 (those that exist)',
  };
}

export async function netemCheck(): Promise<Check> {
  const { detectNetem } = await import('../../shaping/io/detect-netem.ts');
  const netem = await detectNetem();
  return {
    name: 'netem',
    state: netem.available ? 'ok' : 'limited',
    found: netem.available ? 'sch_netem' : `${netem.reason}; the relay is used`,
    means:
      'delays are made by the relay (a process of the lab, up to about 1 Gbit/s) instead of by the kernel',
    hint: 'sudo modprobe sch_netem, if this kernel has the module',
  };
}

export async function umlCheck(): Promise<Check> {
  const there = existsSync('/usr/bin/linux.uml');
  return {
    name: 'user-mode Linux modules',
    state: there && existsSync('/usr/lib/uml/modules') ? 'ok' : 'limited',
    found: there ? '/usr/lib/uml/modules' : 'none',
    means: 'netem cannot be tested on a kernel without it',
    hint: 'sudo apt-get install user-mode-linux',
  };
}
