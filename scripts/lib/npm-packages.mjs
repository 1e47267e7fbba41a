// Ends with 0 when node_modules holds what package-lock.json asks for on this machine, with 1 when not.
import { readFileSync } from 'node:fs';

/** @param {string} file */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return {};
  }
}

const installed = packagesOf('node_modules/.package-lock.json');
const isMissing = Object.entries(packagesOf('package-lock.json')).some(
  // Optional packages are those for other processors and systems.
  ([path, wanted]) => path !== '' && !wanted.optional && installed[path]?.integrity !== wanted.integrity,
);
process.exitCode = isMissing ? 1 : 0;
