import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { Programs } from '#host/process/programs.ts';

export interface Package {
  name: string;
  version: string;
}

/** These and all that they depend on, as they are installed here. */
export async function installedPackages(programs: Programs, wanted: readonly string[]): Promise<Package[]> {
  const without = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
  const { stdout: tree } = await programs.run([
    ...['apt-cache', 'depends', '--recurse', '--installed', ...without.map((kind) => `--no-${kind}`)],
    ...wanted,
  ]);
  const names = new Set(tree.split('\n').filter((line) => /^[a-z]/.test(line)));
  const format = '${db:Status-Status}\t${Package}\t${Version}\n';
  // Status 1: some of the names are of alternatives that are not installed.
  const query = ['dpkg-query', '--show', `--showformat=${format}`, ...names];
  const { stdout } = await programs.run(query, { okExits: [1] });
  return stdout
    .split('\n')
    .map((line) => line.split('\t'))
    .flatMap(([status, name = '', version = '']) => (status === 'installed' ? [{ name, version }] : []))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

const omitted = /^\/usr\/share\/(doc|info|lintian|locale|man|iso-codes|xml)\/|\.a$/;

/** Copies the files of packages from here into the tree `root`, and this very node with its libraries. */
export async function copyPackages(
  programs: Programs,
  root: string,
  names: readonly string[],
): Promise<void> {
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(path.join(root, 'usr', folder), { recursive: true });
    await symlink(`usr/${folder}`, path.join(root, folder));
  }
  const { stdout } = await programs.run(['dpkg-query', '--listfiles', ...names]);
  const files = new Set(stdout.split('\n').filter((file) => /^\/./.test(file)));
  const input = [...files].filter((file) => !omitted.test(file) && existsSync(file)).join('\n');
  const copy = `
    tar --create --file "$0.tar" --directory / --no-recursion --files-from -
    tar --extract --file "$0.tar" --directory "$0"
    rm "$0.tar"
    cp -L "$1" "$0/usr/bin/node"
    for library in $(ldd "$1" | grep -o '/[^ ]*'); do [ -e "$0$library" ] || install -D "$library" "$0$library"; done
    ldconfig -r "$0"`;
  await programs.run(['sh', '-ec', copy, root, process.execPath], { input, timeoutMs: 0 });
}
