import { check, libcFunction } from './libc.ts';

const ioctl = libcFunction('ioctl', 'int', ['int', 'ulong', 'void*']);

const TIOCSWINSZ = 0x5414;

/** Tells a terminal its size; the programs in its foreground get SIGWINCH. */
export function setTerminalSize(fd: number, size: { columns: number; rows: number }): void {
  const winsize = Buffer.alloc(8); // rows, columns, and the pixels that nobody fills in
  winsize.writeUInt16LE(size.rows, 0);
  winsize.writeUInt16LE(size.columns, 2);
  check('ioctl', 'TIOCSWINSZ', ioctl(fd, TIOCSWINSZ, winsize));
}
