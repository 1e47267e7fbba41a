import { findProgram } from '#host/process/find-program.ts';
import type { Programs } from '#host/process/programs.ts';
import type { Cage } from './cage.ts';
import { type DiskIo, qemuProgram, sandbox } from './machine.ts';

/** Nobody in particular; no instance has it. */
const someUser = 65_534;
const refused = 1;
const timeoutMs = 20_000;

/**
 * Finds out by trying: QEMU may have been built without it, the kernel too, and a sysctl, a filter or the limits of
 * whoever runs us may forbid it to a QEMU in its cage. Starts a QEMU without a machine, which takes a twentieth of a
 * second. Throws when that could not even say no.
 */
export async function probeDiskIo(programs: Programs, cage: Cage): Promise<DiskIo> {
  const disk = {
    driver: 'file',
    'node-name': 'trial',
    filename: findProgram(qemuProgram), // a file that is there inside
    'read-only': true,
    aio: 'io_uring',
  };
  const argv = cage.command(someUser, [
    ...[qemuProgram, '-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'none'],
    ...['-sandbox', sandbox, '-blockdev', JSON.stringify(disk), '-qmp', 'stdio'],
  ]);
  const input = '{"execute":"qmp_capabilities"}{"execute":"quit"}';
  const { exitCode } = await programs.run(argv, { input, okExits: [refused], timeoutMs });
  return exitCode === refused ? 'threads' : 'io_uring';
}
