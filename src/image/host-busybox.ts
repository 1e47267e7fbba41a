import { open } from 'node:fs/promises';
import { Fault } from '#model/fault.ts';

export const hostBusybox = '/bin/busybox';

/** What we make of it has no C library, so only a busybox that needs none will do. Throws `unsupported`. */
export async function requireStaticBusybox(): Promise<void> {
  const hint = 'Install the package busybox-static.';
  const missing = (cause: unknown) => new Fault('unsupported', 'This host has no busybox', { hint, cause });
  await using file = await open(hostBusybox).catch((cause: unknown) => Promise.reject(missing(cause)));
  const { buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
  // The loader that a dynamic program asks for is named right behind the ELF headers.
  if (/\/ld-(linux|musl)/.test(buffer.toString('latin1'))) {
    throw new Fault('unsupported', "This host's busybox is not linked statically", { hint });
  }
}
