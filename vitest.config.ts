import { defineConfig } from 'vitest/config';

/**
 * `unit`: beside the code, without root, many files in one process. `integration` and `bench`: root, the host's
 * real parts, one file after the other.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
          pool: 'forks',
          isolate: false,
          // Generous, since a loaded machine must not fail what is right.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 30_000 } },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.it.ts'],
          pool: 'forks',
          globalSetup: 'test/harness/private-namespace.ts',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'bench',
          include: ['test/bench/**/*.bench.ts'],
          pool: 'forks',
          globalSetup: 'test/harness/private-namespace.ts',
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
