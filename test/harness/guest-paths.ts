import path from 'node:path';
import { GuestPaths } from '#host/guest-paths/guest-paths.ts';
import type { Programs } from '#host/process/programs.ts';

/** Works by the program that was built. */
export const testGuestPaths = (programs: Programs, patienceMs?: number): GuestPaths =>
  new GuestPaths(programs, path.join(import.meta.dirname, '../../dist/guest-paths.mjs'), patienceMs);
