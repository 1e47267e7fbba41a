import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asFault } from '#model/fault.ts';
import type { Programs } from '../process/programs.ts';
import { tinyrom } from './tinyrom.ts';

const qemu = 'qemu-system-x86_64';

/**
 * CPU models from the best to the poorest. `host` shows a guest all that the processor has; some kernels refuse one of
 * its registers, on which QEMU aborts rather than go without, hence the second.
 */
const models = ['host', 'host,-arch-capabilities', 'kvm64', 'qemu64'] as const;

/** A tenth of a second is usual; on a host that is emulated itself, and busy, a try takes many. */
const timeoutMs = 60_000;
/** QEMU's status when a guest writes 1 to isa-debug-exit: twice that and one. */
const poweredOff = 3;

export interface QemuCpuTrial {
  /** As `-cpu` takes it. */
  model: string;
  works: boolean;
  /** What QEMU said, or what became of it. */
  said: string;
}

export interface QemuCpuProbe {
  /** The best model with which a guest reaches ring 3 under KVM; absent: none does. */
  model?: string;
  /** In the order in which they were tried; those after the first that works are not. */
  trials: QemuCpuTrial[];
}

/**
 * Finds out with which CPU model this host's QEMU runs guests under KVM, by running tinyrom on a q35 with each in turn.
 * Works in a folder of its own inside `place`. Throws `unsupported` when QEMU is not installed, and whatever `signal`
 * was aborted with.
 */
export async function probeQemuCpu(
  programs: Programs,
  place: string,
  signal?: AbortSignal,
): Promise<QemuCpuProbe> {
  const folder = await mkdtemp(join(place, 'qemu-cpu-'));
  const firmware = join(folder, 'tinyrom.bin');
  try {
    await writeFile(firmware, tinyrom());
    const trials: QemuCpuTrial[] = [];
    for (const model of models) {
      const trial = await tryModel({ programs, firmware, model, signal });
      trials.push(trial);
      if (trial.works) return { model, trials };
    }
    return { trials };
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Trial {
  programs: Programs;
  firmware: string;
  model: string;
  signal: AbortSignal | undefined;
}

async function tryModel({ programs, firmware, model, signal }: Trial): Promise<QemuCpuTrial> {
  try {
    // The letter p waits when the guest comes to ring 3, and powers it off there.
    const options = { input: 'p', okExits: [poweredOff], timeoutMs, signal };
    const { stdout, stderr, exitCode } = await programs.run(commandLine(firmware, model), options);
    const works = exitCode === poweredOff && stdout.includes('ring3 READY');
    return { model, works, said: works ? stderr.trim() : stdout.trim() };
  } catch (error) {
    signal?.throwIfAborted();
    const fault = asFault(error);
    if (fault.code !== 'host' && fault.code !== 'timed-out') throw error;
    return { model, works: false, said: fault.message };
  }
}

const commandLine = (firmware: string, model: string): string[] => [
  ...[qemu, '-nodefaults', '-no-user-config', '-display', 'none'],
  ...['-machine', 'q35', '-accel', 'kvm', '-cpu', model, '-m', '64', '-bios', firmware],
  ...['-chardev', 'stdio,id=serial,signal=off', '-serial', 'chardev:serial'],
  ...['-device', 'isa-debug-exit,iobase=0x501,iosize=1'],
];
