import { build } from 'esbuild';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Loads TypeScript of ours. The bundle lies below the checkout, so that native packages are found. @param {string} module */
export async function loadTypeScript(module) {
  await mkdir('dist', { recursive: true });
  const out = await mkdtemp('dist/generate-');
  try {
    const outfile = join(out, 'module.mjs');
    await build({
      entryPoints: [module],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
    return await import(pathToFileURL(resolve(outfile)).href);
  } finally {
    await rm(out, { recursive: true });
  }
}
