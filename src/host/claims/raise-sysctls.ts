import type { Sysctls } from '../network/sysctls.ts';

/** Settings of the whole host that many instances run into, with what each is raised to. */
const wanted: Record<string, number> = {
  // A user namespace's instances are charged to its maker: at 128, systemd in the 22nd container never gets ready.
  'fs/inotify/max_user_instances': 65_536,
  'fs/inotify/max_user_watches': 1_048_576,
  'kernel/keys/maxkeys': 20_000, // one session keyring for each exec and login
  'kernel/keys/maxbytes': 2_000_000,
  'kernel/pid_max': 4_194_304,
  'kernel/pty/max': 16_384,
  'net/ipv4/neigh/default/gc_thresh3': 8_192, // neighbours of a bridge with many guests
  'net/ipv6/neigh/default/gc_thresh3': 8_192,
};

export interface RaisedSysctls {
  /** What was changed, for people: `fs.inotify.max_user_instances: 128 → 65536`. */
  raised: string[];
  /** What the kernel would not let us change. */
  refused: string[];
}

/** Raises the host's limits on what instances use together. Never lowers one; running it again changes nothing. */
export function raiseSysctls(sysctls: Sysctls): RaisedSysctls {
  const result: RaisedSysctls = { raised: [], refused: [] };
  for (const [key, value] of Object.entries(wanted)) {
    const current = sysctls.read(key);
    if (current === undefined || Number(current) >= value) continue;
    const change = `${key.replaceAll('/', '.')}: ${current} → ${value}`;
    try {
      sysctls.write(key, String(value));
      result.raised.push(change);
    } catch {
      result.refused.push(change); // /proc/sys is read-only where Wadah itself runs in a container
    }
  }
  return result;
}
