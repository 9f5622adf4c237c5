import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BirdControl, birdCommand, readBirdState } from '../../src/routing/io/bird-control.ts';
import { RealBird } from './support/real-bird.ts';

const bird = new RealBird();
beforeAll(() => bird.start());
afterAll(() => bird.remove());

describe('a client of a real BIRD', () => {
  test('asks and gets lines and code', async () => {
    const { code, lines } = await birdCommand(bird.socket, 'show status');
    expect(code).toBe(13);
    expect(lines.join('\n')).toContain('Router ID is 198.18.0.1');
  });

  test('enables and disables a protocol, and reads it back', async () => {
    expect((await birdCommand(bird.socket, 'enable anycast_http4')).code).toBe(0);
    expect(await bird.protocolState('anycast_http4')).toBe('up');
    await birdCommand(bird.socket, 'disable anycast_http4');
    expect(await bird.protocolState('anycast_http4')).toBe('down');
  });

  test.each([
    ['show nonsense', 9001],
    ['enable no_such_protocol', 9001],
    ['show route for 192.0.2.1', 8001],
  ])('"%s" is refused with code %i', async (command, code) => {
    expect((await birdCommand(bird.socket, command)).code).toBe(code);
  });

  test('reads the state, with counters that grow when routes change', async () => {
    const before = await readBirdState(bird.socket, { counters: true });
    expect(before.sessions).toEqual([]);
    await birdCommand(bird.socket, 'enable anycast_http6');
    const after = await readBirdState(bird.socket, { counters: true });
    expect(after.routeChanges).toBeGreaterThan(before.routeChanges ?? 0);
    expect((await readBirdState(bird.socket)).routeChanges).toBeUndefined();
  });

  test('one connection answers many questions in order', async () => {
    const control = new BirdControl(bird.socket);
    const commands = ['show status', 'show nonsense', 'show protocols', 'show status'];
    const codes = (await Promise.all(commands.map((command) => control.ask(command)))).map(
      (reply) => reply.code,
    );
    control.close();
    expect(codes).toEqual([13, 9001, 0, 13]);
  });

  test('survives a restart of BIRD: the question in between fails, the next is answered', async () => {
    const control = new BirdControl(bird.socket);
    await control.ask('show status');
    await bird.kill();
    await expect(control.ask('show status')).rejects.toThrow();
    await bird.start();
    expect((await control.ask('show status')).code).toBe(13);
    control.close();
  });

  test('no socket is an error, and so is silence', async () => {
    await expect(birdCommand(join(bird.folder, 'absent'), 'show status')).rejects.toThrow('ENOENT');
    const silent = createServer().listen(join(bird.folder, 'silent'));
    await expect(birdCommand(join(bird.folder, 'silent'), 'show status', { timeoutMs: 50 })).rejects.toThrow(
      'no answer to "show status" in 50 ms',
    );
    silent.close();
  });
});
