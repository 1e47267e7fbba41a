// The file that tells under which licences a package goes out: ours, and those of everything that is in it.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unbundledPackages } from './product.mjs';

/** Where the licence of node lies, in its archive and as a Debian package. */
const ofNode = ['../LICENSE', '../share/doc/nodejs/copyright', '../share/doc/nodejs/LICENSE'];

/** @param {string} root the checkout, built */
export async function licenceTexts(root) {
  const packages = [
    ...new Set([...(await bundledPackages(root)), ...(await unbundledPackages(root))]),
  ].sort();
  const parts = [
    ['Wadah', await readFile(join(root, 'LICENSE'), 'utf8')],
    ['Node.js', await nodeLicence()],
    ...(await Promise.all(
      packages.map(async (name) => [name, await licenceOf(join(root, 'node_modules', name))]),
    )),
  ];
  return parts
    .map(([name, text = '']) => `${name}\n${'='.repeat(String(name).length)}\n\n${text.trim()}\n`)
    .join('\n\n');
}

/** Those of which esbuild has put files into our programs. @param {string} root */
async function bundledPackages(root) {
  const { bundled } = JSON.parse(await readFile(join(root, 'dist/inputs.json'), 'utf8'));
  return Object.keys(bundled).flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
}

async function nodeLicence() {
  const files = ofNode.map((file) => join(dirname(process.execPath), file));
  const file = files.find((each) => existsSync(each));
  if (file === undefined) throw new Error(`The licence of node is at none of ${files.join(', ')}`);
  return readFile(file, 'utf8');
}

/** Its text; where the author left none, what the manifest says. @param {string} folder */
async function licenceOf(folder) {
  const name = (await readdir(folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (name !== undefined) return readFile(join(folder, name), 'utf8');
  const { license, author } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return `Licence: ${license}. Author: ${author?.name ?? author ?? 'not named'}.`;
}
