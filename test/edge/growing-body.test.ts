import { describe, expect, it } from 'vitest';
import { type BodyReader, GrowingBody } from '../../src/edge/growing-body.ts';

function make(retained: boolean) {
  const log: string[] = [];
  const body = new GrowingBody(retained, {
    onPressure: (high) => log.push(high ? 'pause' : 'resume'),
    onAbandoned: () => log.push('abandoned'),
  });
  return { body, log };
}

async function readAll(reader: BodyReader): Promise<string> {
  let text = '';
  for (;;) {
    const chunk = await reader.next();
    if (!chunk) return text;
    text += Buffer.from(chunk).toString();
  }
}

const bytes = (text: string) => Buffer.from(text);

describe('GrowingBody', () => {
  it('gives everything to those who come early, late, and after the end', async () => {
    const { body } = make(true);
    const early = readAll(body.reader());
    body.append(bytes('one '));
    await Promise.resolve();
    const late = readAll(body.reader());
    body.append(bytes('two'));
    body.end();
    expect([await early, await late, await readAll(body.reader())]).toEqual([
      'one two',
      'one two',
      'one two',
    ]);
  });

  it('tells every reader that the origin broke off, after the bytes that came', async () => {
    const { body } = make(true);
    const reader = body.reader();
    body.append(bytes('part'));
    body.fail(new Error('broken'));
    expect(Buffer.from((await reader.next()) ?? []).toString()).toBe('part');
    await expect(reader.next()).rejects.toThrow('broken');
    await expect(readAll(body.reader())).rejects.toThrow('broken');
  });

  it('slows the origin down when nobody keeps the bytes, and lets it go on', async () => {
    const { body, log } = make(false);
    const reader = body.reader();
    for (let i = 0; i < 5; i++) body.append(Buffer.alloc(65_536));
    expect(log).toEqual(['pause']);
    for (let i = 0; i < 4; i++) await reader.next();
    expect(log).toEqual(['pause', 'resume']);
  });

  it('waits for the slowest of several readers', async () => {
    const { body, log } = make(true);
    const [fast, slow] = [body.reader(), body.reader()];
    for (let i = 0; i < 5; i++) body.append(Buffer.alloc(65_536));
    body.stopRetaining();
    for (let i = 0; i < 5; i++) await fast.next();
    expect(log).toEqual(['pause']);
    slow.cancel();
    expect(log).toEqual(['pause', 'resume']);
  });

  it('is abandoned when its last reader leaves, unless it is to be stored', () => {
    const passing = make(false);
    passing.body.reader().cancel();
    expect(passing.log).toEqual(['abandoned']);
    const kept = make(true);
    kept.body.reader().cancel();
    expect(kept.log).toEqual([]);
    kept.body.stopRetaining();
    expect(kept.log).toEqual(['abandoned']);
  });
});
