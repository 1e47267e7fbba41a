import { readFileSync } from 'node:fs';

/** One line of /proc/self/mountinfo. */
export interface MountEntry {
  id: number;
  parent: number;
  /** Of the file system, `254:0`. */
  device: string;
  /** Path within the file system that is mounted here; `/` unless it is a bind of a part. */
  root: string;
  target: string;
  options: string[];
  /** Tags of propagation such as `shared:1`; none: private. */
  propagation: string[];
  type: string;
  source: string;
  superOptions: string[];
}

/** What is mounted in this process's mount namespace, in the order in which it was mounted. */
export function readMounts(): MountEntry[] {
  return parseMountinfo(readFileSync('/proc/thread-self/mountinfo', 'utf8'));
}

export function parseMountinfo(text: string): MountEntry[] {
  return text.split('\n').filter(Boolean).map(parseLine);
}

function parseLine(line: string): MountEntry {
  const [before = '', after = ''] = line.split(' - ');
  const [id, parent, device = '', root, target, options, ...propagation] = before.split(' ');
  const [type = '', source, superOptions] = after.split(' ');
  return {
    id: Number(id),
    parent: Number(parent),
    device,
    root: unescape(root),
    target: unescape(target),
    options: list(options),
    propagation: propagation.filter(Boolean),
    type,
    source: unescape(source),
    superOptions: list(superOptions),
  };
}

const list = (text = ''): string[] => text.split(',').filter(Boolean);

/** The kernel writes blanks, line ends and backslashes as octal numbers. */
const unescape = (text = ''): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Whether `path` is `folder` or lies somewhere below it. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
