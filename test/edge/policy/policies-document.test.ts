// The examples of docs/edge/policies.md are configurations: they parse, and the verifier has no warning for them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { PROJECT_FOLDER } from '../../../src/base/project-folder.ts';
import { z } from '../../../src/base/schema.ts';
import { resolveRoutes, routesSchema } from '../../../src/edge/policy/policy-config.ts';
import { verifyRoutes } from '../../../src/edge/policy/verify.ts';

const document = readFileSync(join(PROJECT_FOLDER, 'docs/edge/policies.md'), 'utf8');
const examples = [...document.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);

describe('docs/edge/policies.md', () => {
  test.each(examples)('%s', (yaml) => {
    const { routes } = z.parse(z.strictObject({ routes: routesSchema }), parse(yaml));
    const findings = verifyRoutes(resolveRoutes(routes), { forwardHost: false });
    expect(findings.filter(({ severity }) => severity === 'warning')).toEqual([]);
  });
});
