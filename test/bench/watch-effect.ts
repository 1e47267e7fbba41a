import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { execa } from 'execa';
import { hierarchies } from '../harness/hierarchies.ts';
import type { TestHost } from '../harness/host.ts';

/** How the effect of a change on a running instance is seen: something that is then not what it was before. */
export type Watch =
  /** Files of its groups, by their names in either version. */
  | { groupFiles: readonly string[] }
  /** A shell script inside, over and over. */
  | { inside: string }
  /** A shell script in the host's network, over and over. */
  | { inNetwork: string }
  /** A line of /proc/PID/status of its main process. */
  | { status: string }
  /** Only the answer tells: who carries it out has confirmed it by then. */
  | 'the answer';

/** Completes "seen". */
export function whereSeen(watch: Watch): string {
  if (watch === 'the answer') return 'by the answer';
  if ('groupFiles' in watch) return 'in its group';
  if ('inside' in watch) return 'inside';
  return 'inNetwork' in watch ? 'at its link' : 'at its process';
}

/** Looks until what the watch shows has changed; `changed` then resolves. */
export async function beginWatch(
  host: TestHost,
  name: string,
  watch: Exclude<Watch, 'the answer'>,
): Promise<{ changed: Promise<void>; stop(): void }> {
  if ('inside' in watch) return watchInside(host, name, watch.inside);
  const read = await reader(host, name, watch);
  const over = new AbortController();
  const before = await read();
  const look = async (): Promise<void> => {
    while (!over.signal.aborted && (await read()) === before) await nextTurn();
  };
  return { changed: look(), stop: () => over.abort() };
}

async function reader(
  host: TestHost,
  name: string,
  watch: Exclude<Watch, 'the answer' | { inside: string }>,
): Promise<() => string | Promise<string>> {
  if ('inNetwork' in watch) {
    const argv = [`--net=${host.network.path}`, 'sh', '-c', watch.inNetwork];
    return async () => (await execa('nsenter', argv)).stdout;
  }
  if ('status' in watch) {
    const file = `/proc/${await host.initPid(name)}/status`;
    return () => readFileSync(file, 'utf8').match(new RegExp(`^${watch.status}:.*$`, 'm'))?.[0] ?? '';
  }
  const files = await groupFiles(host, name, watch.groupFiles);
  return () => files.map((file) => readFileSync(file, 'utf8')).join();
}

/** Those that there are, in whichever hierarchy. */
async function groupFiles(host: TestHost, name: string, wanted: readonly string[]): Promise<string[]> {
  const membership = readFileSync(`/proc/${await host.initPid(name)}/cgroup`, 'utf8');
  const group = /^.*(wadah_[0-9a-f]{4}\/[0-9a-f]{8})/m.exec(membership)?.[1] ?? '';
  const roots = [hierarchies(), ...readdirSync(hierarchies()).map((one) => path.join(hierarchies(), one))];
  const found = roots.flatMap((root) => wanted.map((file) => path.join(root, group, file)));
  const there = found.filter((file) => isReadable(file));
  if (there.length === 0) throw new Error(`"${name}" has none of ${wanted.join(', ')}`);
  return there;
}

function isReadable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

async function watchInside(host: TestHost, name: string, script: string) {
  const loop = `look() { ${script}\n}; before=$(look 2>&1); echo begun
    while [ "$(look 2>&1)" = "$before" ]; do :; done; echo changed`;
  const program = path.join(import.meta.dirname, '../../bin/wadah');
  const session = spawn(program, ['exec', name, '--', 'sh', '-c', loop], {
    env: { ...process.env, ...host.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(session.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<void> => void (await lines.next());
  await next();
  return { changed: next(), stop: () => void session.kill('SIGINT') };
}
