import { join } from 'node:path';
import type { InstanceId } from '#model/instance.ts';
import { notifySocketName } from './spec.ts';

/** Where a running instance has its things on the host, until it is destroyed. All of it ends with the boot. */
export interface RunFolder {
  path: string;
  /** Where its layers and then its root are mounted, only until crun has taken its own copy. */
  lower(index: number): string;
  disk: string;
  root: string;
  /** Where crun finds what else is mounted inside. */
  stage: string;
  /** The guest's /run/host. */
  host: string;
  notifySocket: string;
  /** Holds crun's `config.json`. */
  bundle: string;
  /** Names of the host's ends of its NICs, one a line. */
  links: string;
  pidFile: string;
  crunLog: string;
  /** A small file system of its own for what init prints: a guest that prints without end fills nothing else. */
  console: string;
  consoleLog: string;
  /** An empty file: init's standard input. */
  consoleInput: string;
}

/** `instances`: the folder of all of them. */
export function runFolderOf(instances: string, id: InstanceId): RunFolder {
  const path = join(instances, id);
  const host = join(path, 'host');
  const console = join(path, 'console');
  return {
    path,
    lower: (index) => join(path, `lower${index}`),
    disk: join(path, 'disk'),
    root: join(path, 'root'),
    stage: join(path, 'stage'),
    host,
    notifySocket: join(host, notifySocketName),
    bundle: join(path, 'bundle'),
    links: join(path, 'links'),
    pidFile: join(path, 'pid'),
    crunLog: join(path, 'crun.log'),
    console,
    consoleLog: join(console, 'log'),
    consoleInput: join(console, 'input'),
  };
}
