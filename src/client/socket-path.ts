import { join, resolve } from 'node:path';

export interface SocketChoice {
  /** The socket itself. */
  socket?: string | undefined;
  /** The daemon's state directory, in which its socket lies. */
  dir?: string | undefined;
}

export const defaultDir = '/var/lib/wadah';

/** Where the daemon keeps its state: what was chosen, else $WADAH_DIR, else the default directory. Absolute. */
export const stateFolder = (choice: SocketChoice, environment: NodeJS.ProcessEnv): string =>
  resolve(choice.dir || environment.WADAH_DIR || defaultDir);

/** Where the daemon listens: what was chosen, else $WADAH_SOCKET, $WADAH_DIR/unix.socket, the default directory's. */
export function socketPath(choice: SocketChoice, environment: NodeJS.ProcessEnv): string {
  if (choice.socket) return choice.socket;
  if (choice.dir) return join(choice.dir, 'unix.socket');
  return environment.WADAH_SOCKET || join(environment.WADAH_DIR || defaultDir, 'unix.socket');
}
