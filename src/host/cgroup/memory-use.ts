import { read } from './files.ts';

/** The kernel's names in `memory.stat` of cgroup v2 and v1. */
const names = {
  activeAnonymous: ['active_anon', 'total_active_anon'],
  inactiveAnonymous: ['inactive_anon', 'total_inactive_anon'],
  activeFile: ['active_file', 'total_active_file'],
  inactiveFile: ['inactive_file', 'total_inactive_file'],
  anonymous: ['anon', 'total_rss'],
  cached: ['file', 'total_cache'],
  shared: ['shmem', 'total_shmem'],
  mapped: ['file_mapped', 'total_mapped_file'],
  dirty: ['file_dirty', 'total_dirty'],
  writeback: ['file_writeback', 'total_writeback'],
  unevictable: ['unevictable', 'total_unevictable'],
} as const;

/** What memory is used for, in bytes; absent where this kernel does not tell it. */
export type MemoryUse = Partial<Record<keyof typeof names, number>>;

/** `folder`: the group of the controller; `''`: there is none. */
export function readMemoryUse(folder: string, version: 1 | 2): MemoryUse {
  const text = (folder && read(folder, 'memory.stat')) || '';
  const told = new Map(
    Array.from(text.matchAll(/^(\w+) (\d+)$/gm), ([, name, value]) => [name, Number(value)]),
  );
  const uses = Object.entries(names).flatMap(([use, [v2, v1]]) => {
    const bytes = told.get(version === 2 ? v2 : v1);
    return bytes === undefined ? [] : [[use, bytes] as const];
  });
  return Object.fromEntries(uses);
}
