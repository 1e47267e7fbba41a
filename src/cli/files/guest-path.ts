import { posix } from 'node:path';
import { Fault } from '#model/fault.ts';

/** A place inside an instance. */
export interface GuestPath {
  name: string;
  /** Absolute, without a slash at its end. */
  path: string;
  /** It was written as a folder, with a slash at its end. */
  isFolder: boolean;
}

/** Reads `web1/etc/hosts`. Throws `invalid` when there is no instance in it. */
export function parseGuestPath(text: string): GuestPath {
  const at = text.indexOf('/');
  const name = at < 0 ? text : text.slice(0, at);
  if (name === '' || name === '.' || name === '..') {
    throw new Fault('invalid', `"${text}" names no instance`, {
      hint: 'A place inside one is written as in web1/etc/hosts.',
    });
  }
  const path = posix.resolve('/', at < 0 ? '' : text.slice(at));
  return { name, path, isFolder: at < 0 || text.endsWith('/') };
}

export const inside = ({ name, path }: GuestPath, entry: string): GuestPath => ({
  name,
  path: posix.join(path, entry),
  isFolder: false,
});

export const shown = ({ name, path }: GuestPath): string => `${name}${path}`;
