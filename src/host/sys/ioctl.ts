import { check, lastErrorCode, libcFunction } from './libc.ts';

const withBuffer = libcFunction('ioctl', 'int', ['int', 'ulong', 'void*']);
const withNumber = libcFunction('ioctl', 'int', ['int', 'ulong', 'ulong']);

export interface IoctlRequest {
  /** As its header calls it, for the error text. */
  name: string;
  number: number;
}

const call = (fd: number, { number }: IoctlRequest, argument: Buffer | number): number =>
  typeof argument === 'number' ? withNumber(fd, number, argument) : withBuffer(fd, number, argument);

/** ioctl(2) with a structure or a plain number. Returns what the kernel does, at least 0. Throws `host`. */
export function ioctl(fd: number, request: IoctlRequest, argument: Buffer | number = 0): number {
  return check('ioctl', request.name, call(fd, request, argument));
}

/** As `ioctl`, for requests that last until something happens: `false` when a signal ended it before. */
export function interruptibleIoctl(fd: number, request: IoctlRequest): boolean {
  const result = call(fd, request, 0);
  if (result < 0 && lastErrorCode() === 'EINTR') return false;
  check('ioctl', request.name, result);
  return true;
}
