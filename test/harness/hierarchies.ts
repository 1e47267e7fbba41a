import assert from 'node:assert/strict';

export const hierarchiesVariable = 'WADAH_TEST_HIERARCHIES';

/**
 * The host's cgroup hierarchies, all of them. /sys/fs/cgroup is not the place to look: engines hide the v2 hierarchy
 * of hybrid hosts there, and all test files share a mount namespace.
 */
export function hierarchies(): string {
  const { [hierarchiesVariable]: view } = process.env;
  assert.ok(view, 'integration tests are set up by private-namespace.ts');
  return view;
}
