// What the built programs need beside them: the packages that cannot be bundled, with all that those need.
import { cp, mkdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { programs } from './programs.mjs';

/** Of the packages that are not bundled, what only other systems, compilers and people read. */
const needless = /\.(map|[cm]?ts|cc?|cpp|h|md|gypi?)$|musl/;
const licences = /\/(LICEN[CS]E|COPYING|NOTICE)[^/]*$/i;

/**
 * Copies bin/, dist/ and the packages that cannot be bundled from the checkout into a folder.
 *
 * @param {string} root the checkout
 * @param {string} target
 */
export async function copyProduct(root, target) {
  const packages = await unbundledPackages(root);
  const outputs = programs.map(({ outfile }) => outfile);
  for (const part of ['bin', ...outputs, ...packages.map((name) => `node_modules/${name}`)]) {
    await mkdir(dirname(join(target, part)), { recursive: true });
    await cp(join(root, part), join(target, part), {
      recursive: true,
      filter: (file) => licences.test(file) || !needless.test(file.slice(root.length)),
    });
  }
}

/** Names of the packages that programs load at run time, and of those that they need in turn. @param {string} root */
export async function unbundledPackages(root) {
  const manifest = async (/** @type {string} */ file) => JSON.parse(await readFile(join(root, file), 'utf8'));
  const own = Object.keys((await manifest('package.json')).dependencies);
  const found = new Set(
    programs.flatMap(({ external = [] }) => external.filter((name) => own.includes(name))),
  );
  for (const name of found) {
    const { dependencies, optionalDependencies } = await manifest(`node_modules/${name}/package.json`);
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
      // What is optional may be for other systems.
      if (existsSync(join(root, 'node_modules', needed))) found.add(needed);
    }
  }
  return [...found].sort();
}
