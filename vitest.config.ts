// Three projects: `unit` is fast and needs no rights; `server` starts servers as processes and asks them with foreign clients,
// floods and breaks them; `lab` runs real labs (namespaces, BIRD), one file at a time, since two labs on two cores would
// measure each other.

import { defineConfig } from 'vitest/config';

const SERVER_TESTS = [
  'test/dns/conformance/**/*.test.ts',
  'test/dns/torture/**/*.test.ts',
  'test/dns/dnssec/{delv,service,unbound}.test.ts',
  'test/dns/io/{health-service,restart,service-handover,tcp-many,worker-udp}.test.ts',
  'test/edge/torture/{disk-full,slow-clients}.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**', ...SERVER_TESTS],
          testTimeout: 20_000,
          hookTimeout: 20_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'server',
          include: SERVER_TESTS,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
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
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
