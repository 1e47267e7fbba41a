import { execFileSync } from 'node:child_process';

/** Whether the node that runs us works on other hosts as it is. Debian's is linked to libnode, which is a package of its own. */
export const isNodeWhole = () =>
  !execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).includes('libnode');
