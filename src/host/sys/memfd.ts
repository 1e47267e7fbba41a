import { check, libcFunction } from './libc.ts';

const memfdCreate = libcFunction('memfd_create', 'int', ['str', 'uint']);
const fcntl = libcFunction('fcntl', 'int', ['int', 'int', 'long']);

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
const everySeal = 0xf; // no more seals, no shrinking, no growing, no writing

/** An anonymous file in memory, closed on exec, that can be sealed. */
export function makeMemoryFile(name: string): number {
  return check('memfd_create', name, memfdCreate(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

/** From now on nobody can change it, not even whoever runs it as a program. */
export function sealMemoryFile(fd: number): void {
  check('fcntl', 'F_ADD_SEALS', fcntl(fd, F_ADD_SEALS, everySeal));
}
