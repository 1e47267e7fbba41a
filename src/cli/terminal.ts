import type { Readable, Writable } from 'node:stream';
import type { Size } from '#client/sessions.ts';
import type { Surroundings } from './surroundings.ts';

/** The user's terminal, handed over to something far away. */
export interface Terminal {
  /** Every key as it is pressed. */
  input: Readable;
  output: Writable;
  size(): Size;
  onResize(listener: (size: Size) => void): void;
}

/** Hands the terminal over during `work`: keys go through unread by this side. It is put back whatever happens. */
export async function withTerminal<T>(
  surroundings: Surroundings,
  work: (terminal: Terminal) => Promise<T>,
): Promise<T> {
  const { stdin, stdout, signals } = surroundings;
  const size = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const listeners: ((size: Size) => void)[] = [];
  const resized = () => {
    for (const listener of listeners) listener(size());
  };
  signals.on('SIGWINCH', resized);
  if (stdin.isTTY) await surroundings.setRawMode(true);
  try {
    return await work({
      input: stdin,
      output: stdout,
      size,
      onResize: (listener) => void listeners.push(listener),
    });
  } finally {
    if (stdin.isTTY) await surroundings.setRawMode(false);
    signals.off('SIGWINCH', resized);
  }
}
