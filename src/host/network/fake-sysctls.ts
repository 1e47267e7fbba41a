import type { Sysctls } from './sysctls.ts';

/** Settings that live in memory, and the order in which they were written; for tests. */
export class FakeSysctls implements Sysctls {
  readonly values: Map<string, string>;
  readonly writes: string[] = [];

  constructor(values: Record<string, string>) {
    this.values = new Map(Object.entries(values));
  }

  read(key: string): string | undefined {
    return this.values.get(key);
  }

  write(key: string, value: string): void {
    this.writes.push(`${key}=${value}`);
    this.values.set(key, value);
  }

  list(folder: string): string[] {
    const below = [...this.values.keys()].filter((key) => key.startsWith(`${folder}/`));
    return [...new Set(below.map((key) => key.slice(folder.length + 1).split('/')[0] ?? ''))];
  }
}
