import { Fault, isFault } from '#model/fault.ts';
import type { Btf } from './btf.ts';
import type { BpfCalls } from './kernel-calls.ts';
import type { BpfMap } from './map.ts';
import { type Attachment, type ProgramObject, placeOf } from './object.ts';

const BPF_F_ALLOW_MULTI = 2;
const BPF_PSEUDO_MAP_FD = 1;
const instructionBytes = 8;
const logBytes = 256 * 1024;

export interface Surroundings {
  calls: BpfCalls;
  types: Btf;
  maps: Readonly<Record<string, BpfMap>>;
}

/**
 * Hands a program to the kernel, which verifies and translates it. Returns its descriptor. Throws `unsupported` when
 * this kernel lacks a field or a function, `host` with the verifier's last word when it refuses.
 */
export function loadProgram({ calls, types, maps }: Surroundings, program: ProgramObject): number {
  const code = fitted(program, types, maps);
  const { programType, attachType, target } = placeOf(program.attachment);
  const targetType = target === undefined ? 0 : targetOf(target, types);
  const attributes = (log: Record<number, number | bigint>) => ({
    0: programType,
    4: code.length / instructionBytes,
    8: BigInt(calls.place(code)),
    16: BigInt(calls.place(Buffer.from('GPL\0'))),
    68: attachType,
    108: targetType,
    ...log,
  });
  const name = { 48: program.name };
  try {
    return calls.call('loadProgram', attributes({}), name);
  } catch (refusal) {
    const log = calls.place(Buffer.alloc(logBytes)); // only now: writing it takes the kernel far longer
    try {
      return calls.call('loadProgram', attributes({ 24: 1, 28: logBytes, 32: BigInt(log) }), name);
    } catch {
      throw refused(program, refusal, calls.read(log, logBytes));
    }
  }
}

/** The program for this kernel: fields where it has them, maps by their descriptors. */
function fitted({ code, maps, fields }: ProgramObject, types: Btf, known: Surroundings['maps']): Buffer {
  const bytes = Buffer.from(code, 'base64');
  for (const [index, name] of maps) {
    const at = index * instructionBytes;
    bytes.writeUInt8((bytes.readUInt8(at + 1) & 0x0f) | (BPF_PSEUDO_MAP_FD << 4), at + 1);
    bytes.writeInt32LE(known[name]?.fd ?? -1, at + 4);
  }
  for (const [index, field] of fields) {
    bytes.writeInt16LE(offsetOf(field, types), index * instructionBytes + 2);
  }
  return bytes;
}

function offsetOf(field: string, types: Btf): number {
  const offset = types.findOffset(field);
  if (offset === undefined) throw new Fault('unsupported', `This kernel has no field ${field}`);
  return offset;
}

function targetOf(name: string, types: Btf): number {
  const type = types.findTarget(name);
  if (type === undefined) throw new Fault('unsupported', `This kernel has no ${name}`);
  return type;
}

function refused(program: ProgramObject, refusal: unknown, log: Buffer): Fault {
  const lines = log.toString('latin1', 0, log.indexOf(0)).trim().split('\n');
  const said = lines.findLast((line) => !/^(processed |verification time|stack depth)/.test(line));
  const text = isFault(refusal) ? refusal.message : String(refusal);
  return new Fault('host', `The kernel refuses the program ${program.name}: ${said || text}`, {
    cause: refusal,
  });
}

/**
 * Lets a program run in a cgroup and those below it, beside others that are attached there, for as long as there is
 * the group. Throws `host`.
 */
export function attachToGroup(
  calls: BpfCalls,
  { group, program, attachment }: { group: number; program: number; attachment: Attachment },
): void {
  const { attachType } = placeOf(attachment);
  calls.call('attach', { 0: group, 4: program, 8: attachType, 12: BPF_F_ALLOW_MULTI });
}

/**
 * Lets a program run in front of its function whoever calls that. Returns the descriptor of a link: the program runs
 * for as long as that is open, or has a name. Throws `host`.
 */
export const attachEverywhere = (calls: BpfCalls, program: number): number =>
  calls.call('openTracepoint', { 0: 0n, 8: program });
