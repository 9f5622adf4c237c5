// Two projects: `unit` is fast and needs no rights; `lab` runs real labs (namespaces, BIRD), one file at a time, since
// two labs on two cores would measure each other.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**'],
          testTimeout: 20_000,
          hookTimeout: 20_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          globalSetup: ['test/lab/docker-global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          teardownTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
