import { Fault } from '#model/fault.ts';

/** What depmod found out, as the texts of `modules.dep` and `modules.builtin`. */
export interface ModuleTables {
  dep: string;
  builtin: string;
}

const nameOf = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');

/**
 * Files of the wanted modules and of those that they need, in an order in which they can be loaded. Modules that are
 * built into the kernel need no file. Throws `unsupported` when the kernel has no such module.
 */
export function orderModules(tables: ModuleTables, wanted: readonly string[]): string[] {
  const needs = new Map(
    tables.dep
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line): [string, { path: string; needed: string[] }] => {
        const [path = '', needed = ''] = line.split(':');
        return [nameOf(path), { path, needed: needed.split(' ').filter(Boolean).map(nameOf) }];
      }),
  );
  const builtin = new Set(tables.builtin.split('\n').map(nameOf));
  const ordered: string[] = [];
  const add = (name: string): void => {
    const module = needs.get(name);
    if (!module) {
      if (builtin.has(name)) return;
      throw new Fault('unsupported', `The kernel of the image has no module ${name}`);
    }
    if (ordered.includes(module.path)) return;
    for (const needed of module.needed) add(needed);
    if (!ordered.includes(module.path)) ordered.push(module.path);
  };
  for (const name of wanted) add(name);
  return ordered;
}
