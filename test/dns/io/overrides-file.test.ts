import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OverridesFile, watchOverrides } from '../../../src/dns/io/overrides-file.ts';
import { type RecordingLog, recordingLog, until } from './health-parts.ts';

let folder: string;
let file: string;
let log: RecordingLog;
let changes: number;
let watched: OverridesFile | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overrides-'));
  file = join(folder, 'overrides.txt');
  log = recordingLog();
  changes = 0;
});
afterEach(() => {
  watched?.stop();
  rmSync(folder, { recursive: true });
});

function watch(path = file): OverridesFile {
  watched = watchOverrides(path, ['pop-fra', 'pop-lon'], () => changes++, log, 10);
  return watched;
}

const states = () => watched?.rules().map(({ pattern, state }) => `${pattern} ${state}`);

describe('a watched overrides file', () => {
  it('is in force from the start', () => {
    writeFileSync(file, 'pop-fra => down\n');
    watch();
    expect(states()).toEqual(['pop-fra down']);
  });

  it('need not exist, and is read when it does', async () => {
    watch();
    expect(states()).toEqual([]);
    writeFileSync(file, 'pop-fra => down\n');
    await until(() => states()?.length === 1);
    expect(changes).toBe(1);
  });

  it('is read again when it is replaced by a rename', async () => {
    writeFileSync(file, 'pop-fra => down\n');
    watch();
    const other = join(folder, 'new');
    writeFileSync(other, 'pop-lon => down\n');
    renameSync(other, file);
    await until(() => states()?.[0] === 'pop-lon down');
  });

  it('with a bad line is refused, says which, and the old overrides stay until it is mended', async () => {
    writeFileSync(file, 'pop-fra => down\n');
    const overrides = watch();
    writeFileSync(file, 'pop-lon => down\npop-fra => dwon\n');
    await until(() => overrides.refused() !== undefined);
    expect(overrides.refused()).toContain('overrides.txt:2: no state "dwon"');
    expect(states()).toEqual(['pop-fra down']);
    writeFileSync(file, 'pop-lon => down\n');
    await until(() => overrides.refused() === undefined);
    expect(states()).toEqual(['pop-lon down']);
  });

  it('cut off in the middle of a line is refused, cut off to nothing is empty', async () => {
    writeFileSync(file, 'pop-fra => down\npop-lon => drain\n');
    const overrides = watch();
    truncateSync(file, 21);
    await until(() => overrides.refused() !== undefined);
    expect(states()).toEqual(['pop-fra down', 'pop-lon drain']);
    truncateSync(file, 0);
    await until(() => states()?.length === 0);
  });

  it('is not read while it is being written', async () => {
    writeFileSync(file, 'pop-fra => down\npop-lon => down\n');
    watch();
    // For two hundred looks it changes faster than two looks agree.
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      writeFileSync(file, i === 199 ? 'pop-fra => drain\n' : `# ${'x'.repeat(i)}\n`);
      seen.add(JSON.stringify(states()));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => states()?.[0] === 'pop-fra drain');
    expect([...seen]).not.toContain(undefined);
  });

  it('that is taken away for good ends the overrides', async () => {
    writeFileSync(file, 'pop-fra => down\n');
    watch();
    unlinkSync(file);
    await until(() => states()?.length === 0);
  });

  it('that is a folder, or cannot be read, keeps the old ones', async () => {
    writeFileSync(file, 'pop-fra => down\n');
    const overrides = watch();
    renameSync(file, join(folder, 'old'));
    symlinkSync(folder, file);
    await until(() => overrides.refused() !== undefined);
    expect(states()).toEqual(['pop-fra down']);
  });

  it('with a bad line at the start counts as far as it is good', () => {
    writeFileSync(file, 'pop-fra => down\nnonsense\n');
    const overrides = watch();
    expect(states()).toEqual(['pop-fra down']);
    expect(overrides.refused()).toContain('overrides.txt:2');
  });

  it('warns of a pattern that matches no POP', async () => {
    watch();
    writeFileSync(file, 'pop-frx => down\n');
    await until(() => states()?.length === 1);
    expect(log.lines).toContain('overrides: no POP is called pop-frx');
  });
});

describe('an override that is set', () => {
  it('is in force at once, is in the file with its reason, and keeps comments', async () => {
    writeFileSync(file, '# ours\npop-lon => drain # racks\n');
    const overrides = watch();
    await overrides.set('pop-fra', 'down', 'smoke');
    expect(states()).toEqual(['pop-lon drain', 'pop-fra down']);
    expect(readFileSync(file, 'utf8')).toBe('# ours\npop-lon => drain # racks\npop-fra => down # smoke\n');
    expect(readdirSync(folder)).toEqual(['overrides.txt']);
  });

  it('survives a restart', async () => {
    await watch().set('pop-*', 'drain');
    watched?.stop();
    watch();
    expect(states()).toEqual(['pop-* drain']);
  });

  it('is cleared, also from the file', async () => {
    writeFileSync(file, 'pop-fra => down\n# end\n');
    const overrides = watch();
    expect(await overrides.clear('pop-fra')).toBe(1);
    expect(await overrides.clear('pop-fra')).toBe(0);
    expect(states()).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe('# end\n');
  });

  it('many at once are all there', async () => {
    const overrides = watch();
    await Promise.all(Array.from({ length: 20 }, (_, i) => overrides.set(`pop-${i}`, 'down')));
    expect(states()).toHaveLength(20);
  });

  it('is refused where it is no pattern, and where the file is bad', async () => {
    writeFileSync(file, 'nonsense\n');
    const overrides = watch();
    await expect(overrides.set('pop fra', 'down')).rejects.toThrow('not a POP name or pattern: pop fra');
    await expect(overrides.set('pop-fra', 'down')).rejects.toThrow('overrides.txt:1');
    expect(readFileSync(file, 'utf8')).toBe('nonsense\n');
  });

  it('is written where a link points, and the link stays', async () => {
    const real = join(folder, 'real.txt');
    writeFileSync(real, '');
    symlinkSync(real, file);
    await watch().set('pop-fra', 'down');
    expect(readFileSync(real, 'utf8')).toBe('pop-fra => down\n');
  });

  it('never shows half of itself: a reader of the old file still reads the old one', async () => {
    writeFileSync(file, 'pop-lon => down\n');
    const kept = join(folder, 'kept');
    linkSync(file, kept);
    await watch().set('pop-fra', 'down');
    expect(readFileSync(kept, 'utf8')).toBe('pop-lon => down\n');
  });

  it('says so when the folder is gone', async () => {
    const overrides = watch(join(folder, 'nowhere', 'overrides.txt'));
    await expect(overrides.set('pop-fra', 'down')).rejects.toThrow('cannot write the overrides');
  });
});
