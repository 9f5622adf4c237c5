// Which Compose is used on which engine, from what `version --short` of each prints.

import { describe, expect, test } from 'vitest';
import { chooseCompose, lookForCompose } from '../../../src/runtimes/docker/compose-command.ts';
import { isRefusal } from '../../../src/runtimes/docker/engine-facts.ts';

const DEBIAN_12 = { version: '20.10.24+dfsg1', minApiVersion: '1.12' };
const ENGINE_28 = { version: '28.5.1', minApiVersion: '1.24' };
const ENGINE_29 = { version: '29.1.3', minApiVersion: '1.44' };

describe('Compose is', () => {
  test.each([
    [{ plugin: '2.40.3\n', standalone: '1.29.2\n' }, DEBIAN_12, ['docker', 'compose'], '2.40.3'],
    [{ plugin: 'v5.0.1\n' }, ENGINE_29, ['docker', 'compose'], '5.0.1'],
    [{ standalone: '1.29.2\n' }, DEBIAN_12, ['docker-compose'], '1.29.2'],
    [{ standalone: '1.29.2\n' }, ENGINE_28, ['docker-compose'], '1.29.2'],
    [{ standalone: 'v2.26.1-4\n' }, ENGINE_29, ['docker-compose'], '2.26.1'],
  ])('taken: %o', (answers, engine, argv, version) => {
    expect(chooseCompose(answers, engine)).toEqual({ argv, version });
  });

  test.each([
    [{}, DEBIAN_12, 'Docker Compose is not installed'],
    [{ standalone: '1.25.0\n' }, DEBIAN_12, 'docker-compose is 1.25.0, and a lab needs 1.29 or later'],
    [
      { standalone: '1.29.2\n' },
      ENGINE_29,
      'docker-compose 1.29.2 speaks API 1.41, and engine 29.1.3 wants 1.44 or later',
    ],
    [{ plugin: 'unknown\n' }, DEBIAN_12, 'Docker Compose is not installed'],
  ])('refused: %o', (answers, engine, reason) => {
    const refusal = chooseCompose(answers, engine);
    expect(refusal).toMatchObject({ reason, hint: expect.stringMatching(/apt-get install/) });
  });
});

test('this machine has one that is found, or a reason why not', async () => {
  const found = await lookForCompose(DEBIAN_12);
  if (isRefusal(found)) expect(found.reason).toContain('ompose');
  else expect(found.version).toMatch(/^\d+\.\d+/);
});
