import { Fault } from '#model/fault.ts';
import { check, systemCall } from './libc.ts';

const numbers: Partial<Record<NodeJS.Architecture, number>> = { x64: 321, arm64: 280, riscv64: 280 };

const call = systemCall(numbers[process.arch] ?? -1, ['int', 'void*', 'uint']);

/**
 * bpf(2): `attributes` is the part of `union bpf_attr` that belongs to the command. Returns what the kernel does, at
 * least 0. Throws `host`, and `unsupported` on processors whose number for the call is not known here.
 */
export function bpf(command: number, name: string, attributes: Buffer): number {
  if (numbers[process.arch] === undefined) {
    throw new Fault('unsupported', `eBPF is not known here on ${process.arch} processors`);
  }
  return check('bpf', name, call(command, attributes, attributes.length));
}
