import { check, libcFunction } from './libc.ts';

const ioctl = libcFunction('ioctl', 'int', ['int', 'ulong', 'void*']);

const fcntl = libcFunction('fcntl', 'int', ['int', 'int', 'long']);

const peerIoctl = libcFunction('ioctl', 'int', ['int', 'ulong', 'int']);

const TIOCSWINSZ = 0x5414;
const TIOCGPTPEER = 0x5441;
const O_RDWR = 2;
const O_NOCTTY = 0o400;
const O_CLOEXEC = 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/** Tells a terminal its size; the programs in its foreground get SIGWINCH. */
export function setTerminalSize(fd: number, size: { columns: number; rows: number }): void {
  const winsize = Buffer.alloc(8); // rows, columns, and the pixels that nobody fills in
  winsize.writeUInt16LE(size.rows, 0);
  winsize.writeUInt16LE(size.columns, 2);
  check('ioctl', 'TIOCSWINSZ', ioctl(fd, TIOCSWINSZ, winsize));
}

/** From now on a write to it that would wait fails with EAGAIN instead. libuv leaves a terminal's master blocking. */
export function setNonBlocking(fd: number): void {
  const flags = check('fcntl', 'F_GETFL', fcntl(fd, F_GETFL, 0));
  check('fcntl', 'F_SETFL', fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

/** The other side of a terminal whose master we have, whatever mount namespace it is in. Closed on exec. */
export function openTerminalPeer(fd: number): number {
  return check('ioctl', 'TIOCGPTPEER', peerIoctl(fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
}
