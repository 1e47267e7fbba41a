import { existsSync, readFileSync } from 'node:fs';
import type { OciDevice } from './oci.ts';

const device = (path: string, major: number, minor: number): OciDevice => ({
  type: 'c',
  path,
  major,
  minor,
  fileMode: 0o666,
  uid: 0,
  gid: 0,
});

/** Devices of this host that do no harm in a guest's hands: file systems in user space, tunnels of its own network. */
export function harmlessDevices(): OciDevice[] {
  const known = [device('/dev/fuse', 10, 229), device('/dev/net/tun', 10, 200)];
  return known.filter(({ path }) => existsSync(path));
}

/** What this process may hand on: open files, which nobody here may raise, and capabilities. */
export function ownRights(): { openFilesMax: number; capabilities: bigint } {
  const files = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const held = /^CapPrm:\s+(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return { openFilesMax: Number(files ?? 4096), capabilities: BigInt(`0x${held ?? 0}`) };
}
