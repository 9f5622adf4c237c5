// Commands in nodes: what goes in, what comes out, how they end, where they run.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../../src/base/project-folder.ts';
import { NODE_FLAGS } from '../../../src/runtimes/programs.ts';
import { until } from '../../lab/lab-runner.ts';
import type { ContractLab } from './contract-lab.ts';

/** Nobody else sleeps that long. */
const SLEEP = '98765.4';

export function execContract(contract: ContractLab): void {
  it.each([
    ['exit 0', 0],
    ['exit 7', 7],
    ['kill -KILL $$', 137],
    ['kill -TERM $$', 143],
  ])('%s gives exit code %i', async (script, code) => {
    expect((await contract.sh('paris', script)).exitCode).toBe(code);
  });

  it('a command that is not there gives exit code 126 or 127', async () => {
    const { exitCode } = await contract.lab.exec('paris', ['no-such-command']);
    expect([126, 127]).toContain(exitCode);
  });

  it('arguments arrive as they are', async () => {
    const words = ['', 'two words', '$HOME', "it's", '"', '\\', 'a\nb', '--', '-x', '*', 'é€😀'];
    const { stdout } = await contract.lab.exec('paris', ['printf', '<%s>', ...words]);
    expect(stdout).toBe(words.map((word) => `<${word}>`).join(''));
  });

  it('keeps standard output and standard error apart, whole and in any size', async () => {
    const script = 'seq 1 100000; seq 100001 200000 >&2';
    const { stdout, stderr } = await contract.sh('paris', script);
    const numbers = (from: number) => `${Array.from({ length: 100_000 }, (_, i) => from + i).join('\n')}\n`;
    expect(stdout === numbers(1)).toBe(true);
    expect(stderr === numbers(100_001)).toBe(true);
  });

  it('feeds standard input and ends it; who does not read it is not troubled', async () => {
    const input = `${'€'.repeat(100_000)}\nend`;
    expect((await contract.lab.exec('paris', ['cat'], { input })).stdout === input).toBe(true);
    expect(await contract.lab.exec('paris', ['cat'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect((await contract.lab.exec('paris', ['true'], { input })).exitCode).toBe(0);
  });

  it('hands over each line as it comes, the last one even if it is not whole', async () => {
    const lines: string[] = [];
    const ended = contract.lab.exec('paris', ['sh', '-c', 'echo one; read go; printf "two\\nthree"'], {
      input: 'go\n',
      onLine: (line) => lines.push(line),
    });
    expect(await ended).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(lines).toEqual(['one', 'two', 'three']);

    let seenWhileRunning = false;
    const stop = new AbortController();
    await contract.lab.exec('paris', ['sh', '-c', 'echo now; exec sleep 60'], {
      signal: stop.signal,
      onLine: () => {
        seenWhileRunning = true;
        stop.abort();
      },
    });
    expect(seenWhileRunning).toBe(true);
  });

  it('an abort ends the command inside the node, also one that is not running yet', async () => {
    const stop = new AbortController();
    const { exitCode } = await contract.lab.exec('paris', ['sh', '-c', `echo up; sleep ${SLEEP}; echo no`], {
      signal: stop.signal,
      onLine: (line) => line === 'up' && stop.abort(),
    });
    expect(exitCode).not.toBe(0);
    await contract.lab.exec('paris', ['sleep', SLEEP], { signal: AbortSignal.abort() });
    await until('the command is gone', async () => {
      // The brackets keep it from finding itself.
      const { stdout } = await contract.sh('paris', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "');
      return !stdout.includes(`sleep ${SLEEP}`);
    });
  });

  it('has the environment that it is given', async () => {
    const env = { CATCHMENT_TEST: 'two words €' };
    const { stdout } = await contract.lab.exec('paris', ['sh', '-c', 'echo "$CATCHMENT_TEST"'], { env });
    expect(stdout).toBe('two words €\n');
  });

  it('runs as the node: its name, its hosts, its resolver, its network', async () => {
    for (const { name } of contract.found.topology.clients) {
      const { stdout } = await contract.sh(name, 'hostname; cat /etc/resolv.conf; getent hosts resolver');
      const [hostname = '', ...rest] = stdout.split('\n');
      expect(hostname).toBe(name);
      const nameserver = /^nameserver (\S+)/m.exec(rest.join('\n'))?.[1];
      expect(nameserver, name).toMatch(/^100\.|^2001:db8:/);
      expect(rest.join('\n')).toMatch(/^\S+\s+resolver/m);
    }
    const devices = await contract.sh('paris', 'ip -o link | cut -d: -f2');
    expect(devices.stdout).not.toMatch(/docker|\bbr-|\bwlan|\ben[ops]/);
  });

  it('runs many at once', async () => {
    const nodes = (await contract.status()).nodes.map(({ name }) => name);
    const said = await Promise.all(nodes.map((node) => contract.sh(node, 'hostname')));
    expect(said.map(({ stdout }) => stdout.trim())).toEqual(nodes);
  });

  it("runs the project's programs, by the Node.js that they are made for", async () => {
    const [node = '', ...words] = contract.lab.programCommand('probe', NODE_FLAGS);
    const version = await contract.lab.exec('paris', [node, '--version']);
    expect(version.stdout.trim()).toBe(process.version);
    const probe = await contract.lab.exec('paris', [node, ...words], { input: 'no job' });
    expect(probe.exitCode).not.toBe(0);
    expect(probe.stderr).toMatch(/\S/);
  });

  it('has the terminal that the caller has', ({ skip }) => {
    const lab = `'${join(PROJECT_FOLDER, 'lab')}'`;
    const command = `${lab} exec paris -- sh -c 'test -t 0 && test -t 1 && echo a terminal && exit 5'`;
    const env = { ...process.env, CATCHMENT_LAB_DIR: contract.runner.folder };
    const { status, stdout, error } = spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      env,
    });
    skip(error !== undefined, 'script(1) is not installed');
    // A raw terminal still adds its own carriage return, and script(1) tells the end of its input by a NUL.
    const said = stdout.replaceAll('^@', '').replace(/\r+\n/, '\n');
    expect([status, said]).toEqual([5, 'a terminal\n']);
    // And none where it has none.
    const piped = contract.runner.lab(
      'exec',
      'paris',
      '--',
      'sh',
      '-c',
      'test -t 0 || test -t 1 || echo none',
    );
    expect(piped).toEqual({ code: 0, out: 'none\n', err: '' });
  });
}
