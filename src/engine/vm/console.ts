import { connect } from 'node:net';
import type { ExecSession } from '../engine.ts';

/** The guest's serial console, until either side hangs up. It has no size, and takes no signals. */
export function openSerialConsole(socketPath: string, signal: AbortSignal): ExecSession {
  const socket = connect(socketPath);
  const hangUp = (): void => void socket.destroy();
  signal.addEventListener('abort', hangUp, { once: true });
  const exited = new Promise<number>((resolve) => {
    socket.once('close', () => {
      signal.removeEventListener('abort', hangUp);
      resolve(0);
    });
  });
  socket.on('error', () => {}); // the virtual machine has ended
  return {
    stdin: socket,
    stdout: socket,
    stderr: undefined,
    resize() {},
    signal: hangUp,
    exited,
  };
}
