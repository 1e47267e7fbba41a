import { test } from 'vitest';
import { existsSync, writeFileSync } from 'node:fs';
import { makeHostWithImages } from '../../harness/images.ts';
import { javaRecipe } from '../../harness/java.ts';
test('keep', async () => {
  const host = await makeHostWithImages('busybox', javaRecipe);
  writeFileSync('/tmp/J/dir', host.directory);
  writeFileSync('/tmp/J/net', host.network.path);
  while (!existsSync('/tmp/J/stop')) await new Promise((r) => setTimeout(r, 1000));
  await host.remove();
}, 3_600_000);
