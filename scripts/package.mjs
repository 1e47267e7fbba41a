#!/usr/bin/env node
// `npm run package`: builds a Debian package into build/. Installs on Debian 12 and 13 and Ubuntu 24.04, without other sources.
//   --revision N   the part of the version after the dash (default: 1)
//   --out FOLDER   where it goes (default: build)
import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { licenceTexts } from './lib/licences.mjs';
import { loadTypeScript } from './lib/load-typescript.mjs';
import { debianPackages } from './lib/needs.mjs';
import { isNodeWhole } from './lib/node-program.mjs';
import { copyProduct } from './lib/product.mjs';
import { main } from './lib/steps.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const home = 'usr/lib/wadah';
const program = (/** @type {string} */ name, /** @type {string[]} */ ...args) =>
  execFileSync(name, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });

const read = (/** @type {string} */ file) => readFile(join(root, file), 'utf8');

/**
 * What the package holds besides the programs, and where.
 *
 * @type {Record<string, () => string | Buffer | Promise<string | Buffer>>}
 */
const files = {
  'usr/lib/systemd/system/wadahd.service': () => read('packaging/systemd/wadahd.service'),
  'usr/lib/systemd/system/wadah-instances.service': () => read('packaging/systemd/wadah-instances.service'),
  'usr/lib/tmpfiles.d/wadah.conf': () => read('packaging/tmpfiles.conf'),
  'usr/lib/sysctl.d/10-wadah.conf': sysctlText,
  'usr/share/bash-completion/completions/wadah': () => completion('bash'),
  'usr/share/zsh/vendor-completions/_wadah': () => completion('zsh'),
  'usr/share/fish/vendor_completions.d/wadah.fish': () => completion('fish'),
  'usr/share/doc/wadah/changelog.gz': async () => packed(await read('CHANGELOG.md')),
  'usr/share/doc/wadah/copyright': () => licenceTexts(root),
  'DEBIAN/postinst': () => read('packaging/deb/postinst'),
  'DEBIAN/prerm': () => read('packaging/deb/prerm'),
  'DEBIAN/postrm': () => read('packaging/deb/postrm'),
};

/** @type {Record<string, string>} */
const links = { 'usr/bin/wadah': '../lib/wadah/bin/wadah', 'usr/sbin/wadahd': '../lib/wadah/bin/wadahd' };

/** Puts everything in its place below the folder that becomes the package. @param {string} tree @param {string} version */
async function fill(tree, version) {
  /** @param {string} file below the tree */
  const placeOf = async (file) => {
    await mkdir(join(tree, dirname(file)), { recursive: true });
    return join(tree, file);
  };
  await copyProduct(root, join(tree, home));
  await bringNode(tree);
  for (const [file, make] of Object.entries(files)) await writeFile(await placeOf(file), await make());
  for (const [file, text] of await manuals()) {
    await writeFile(await placeOf(`usr/share/man/man${file.slice(-1)}/${file}.gz`), packed(text));
  }
  for (const [link, target] of Object.entries(links)) await symlink(target, await placeOf(link));
  await writeFile(await placeOf('DEBIAN/control'), await controlText(tree, version));
  await setModes(tree);
}

/** Whatever the umask and the checkout were. @param {string} tree */
async function setModes(tree) {
  program('chmod', '--recursive', 'u=rwX,go=rX', tree);
  for (const script of ['postinst', 'prerm', 'postrm']) await chmod(join(tree, 'DEBIAN', script), 0o755);
}

/** The node that runs us goes along, and is the one that the programs are started by. @param {string} tree */
async function bringNode(tree) {
  if (!isNodeWhole()) {
    throw new Error(
      `${process.execPath} is no program by itself, so it cannot go into the package. ` +
        'Build the package with Node from nodejs.org.',
    );
  }
  await copyFile(process.execPath, join(tree, home, 'node'));
  const launcher = join(tree, home, 'bin/wadah');
  const text = await readFile(launcher, 'utf8');
  await writeFile(launcher, text.replace(/ node$/m, ` /${home}/node`));
}

/** Names sort before those of an administrator, whose values win. A kernel that lacks one is not complained about. */
async function sysctlText() {
  const { wantedLimits, sysctlName } = await loadTypeScript('src/host/claims/raise-sysctls.ts');
  const lines = wantedLimits.map(
    (/** @type {{ key: string, value: number, meaning: string }} */ { key, value, meaning }) =>
      `# ${meaning}\n-${sysctlName(key)} = ${value}\n`,
  );
  return `# What many instances need together. The daemon raises what is lower when it starts.\n\n${lines.join('\n')}`;
}

const completion = (/** @type {string} */ shell) =>
  program(process.execPath, 'dist/wadah.cjs', 'completion', shell);

/** @returns {Promise<Map<string, string>>} texts of the manual pages by the names of their files */
async function manuals() {
  const { manPages, daemonManPage } = await loadTypeScript('src/cli/man-pages.ts');
  const help = program(process.execPath, 'dist/wadahd.mjs', '--help');
  return new Map([...(await manPages()), ['wadahd.8', daemonManPage(help)]]);
}

const packed = (/** @type {string} */ text) => gzipSync(text, { level: 9 });

/** @param {string} tree @param {string} version */
async function controlText(tree, version) {
  const kibibytes = program('du', '--summarize', '--block-size=1K', join(tree, 'usr')).split('\t')[0];
  const own = ['libc6 (>= 2.36)', 'libstdc++6', 'passwd', 'init-system-helpers'];
  return `Package: wadah
Version: ${version}
Architecture: ${program('dpkg', '--print-architecture').trim()}
Maintainer: The Wadah authors <wadah@localhost>
Section: admin
Priority: optional
Installed-Size: ${kibibytes}
Depends: ${[...own, ...(await debianPackages('run'))].join(', ')}
Recommends: ${[...(await debianPackages('run?')), ...(await debianPackages('build'))].join(', ')}
Description: host manager for KVM virtual machines and OpenVZ-style containers
 One daemon, one API and one command line run whole Linux systems in containers and virtual machines, from the
 same images.
 .
 Upgrading touches no instance. Removing the package stops all instances; their disks stay in /var/lib/wadah. Purging
 it deletes /var/lib/wadah as well, unless disks of instances are in it.
`;
}

/** @returns {Promise<string>} the version of the source, as Debian orders versions */
async function sourceVersion() {
  const { version } = JSON.parse(await read('package.json'));
  return version.replace('-', '~');
}

const { values } = parseArgs({
  options: {
    revision: { type: 'string', default: '1' },
    out: { type: 'string', default: join(root, 'build') },
  },
});
await main(async () => {
  program(process.execPath, 'scripts/build.mjs');
  const version = `${await sourceVersion()}-${values.revision}`;
  const tree = await mkdtemp(join(tmpdir(), 'wadah-package-'));
  try {
    await fill(tree, version);
    await mkdir(values.out, { recursive: true });
    // zstd, which dpkg reads on all of these releases, takes a tenth of the time of xz.
    const options = ['--root-owner-group', '-Zzstd', '-z9', '--build', tree, resolve(values.out)];
    console.log(program('dpkg-deb', ...options).trim());
  } finally {
    await rm(tree, { recursive: true });
  }
});
