// What is bundled, and how.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('esbuild').BuildOptions & { outfile: string }} Program */

/** @type {import('esbuild').BuildOptions} */
export const common = {
  absWorkingDir: join(dirname(fileURLToPath(import.meta.url)), '../..'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'warning',
};

/** @type {Program} */
export const daemon = {
  entryPoints: ['src/daemon/main.ts'],
  outfile: 'dist/wadahd.mjs',
  format: 'esm',
  // Native modules look for their binaries beside themselves. cpu-features is optional to ssh2, and never built.
  external: ['lmdb', 'koffi', 'cpu-features'],
  // Some dependencies are CommonJS and call these.
  banner: {
    js: [
      "import { createRequire as bannerMakeRequire } from 'node:module';",
      "import { dirname as bannerFolderOf } from 'node:path';",
      "import { fileURLToPath as bannerPathOf } from 'node:url';",
      'const require = bannerMakeRequire(import.meta.url);',
      'const __filename = bannerPathOf(import.meta.url);',
      'const __dirname = bannerFolderOf(__filename);',
    ].join(' '),
  },
};

/** @type {Program[]} */
export const programs = [
  {
    // One CommonJS file: it starts faster than ES modules, and what is imported lazily stays unevaluated in it.
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/wadah.cjs',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
  },
  daemon,
  {
    // A process of its own, since a guest keeps its thread for as long as it likes.
    entryPoints: ['src/host/kvm/main.ts'],
    outfile: 'dist/kvm-engine.mjs',
    format: 'esm',
    external: ['koffi'],
  },
  {
    // A process of its own, since a path of a guest may keep whoever walks it for as long as the guest likes.
    entryPoints: ['src/host/guest-paths/main.ts'],
    outfile: 'dist/guest-paths.mjs',
    format: 'esm',
    external: ['koffi'],
  },
  {
    // Connections that it forwards outlive the daemon.
    entryPoints: ['src/host/proxy/main.ts'],
    outfile: 'dist/proxy.mjs',
    format: 'esm',
    external: ['koffi'],
  },
  {
    // What `wadah doctor` starts where no daemon answers.
    entryPoints: ['src/host/doctor/main.ts'],
    outfile: 'dist/doctor.mjs',
    format: 'esm',
    external: ['koffi'],
  },
];
