import { readFile } from 'node:fs/promises';

/** @typedef {{ name: string, kind: string, reason: string }} Need */

const file = new URL('../needs.txt', import.meta.url);

/** What Wadah needs of a host, in the order of the table. @returns {Promise<Need[]>} */
export async function needs() {
  const lines = (await readFile(file, 'utf8')).split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s{2,}/))
    .map(([name = '', kind = '', reason = '']) => ({ name, kind, reason }));
}

/** Names of the packages of one kind. @param {string} wanted */
export async function debianPackages(wanted) {
  return (await needs()).filter(({ kind }) => kind === wanted).map(({ name }) => name);
}
