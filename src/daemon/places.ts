import path from 'node:path';

export const defaultDirectory = '/var/lib/wadah';

/** Where a daemon keeps what it has. */
export interface Places {
  /** Everything that outlives a boot. */
  directory: string;
  isDefaultDirectory: boolean;
  socket: string;
  pool: string;
  leaseFile: string;
}

/** From `WADAH_DIR` and `WADAH_SOCKET`. */
export function placesFrom(env: NodeJS.ProcessEnv): Places {
  const directory = path.resolve(env['WADAH_DIR'] || defaultDirectory);
  return {
    directory,
    isDefaultDirectory: directory === defaultDirectory,
    socket: env['WADAH_SOCKET'] || path.join(directory, 'unix.socket'),
    pool: path.join(directory, 'pool'),
    leaseFile: path.join(directory, 'dhcp-leases'),
  };
}

/** Folder of what ends with the host's boot. */
export const runFolder = (mark: string): string => `/run/wadah/${mark}`;
