import { readFileSync } from 'node:fs';
import { Fault } from '#model/fault.ts';
import { systemErrorCode } from '../sys/libc.ts';

/** Kinds of types, as include/uapi/linux/btf.h numbers them. */
const kinds = {
  int: 1,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  typedef: 8,
  func: 12,
  funcProto: 13,
  var: 14,
  dataSection: 15,
  declTag: 17,
  enum64: 19,
} as const;

/** Bytes that follow a type's head: of some kinds always as many, of others as many for each member. */
const tailBytes = new Map<number, number>([
  [kinds.int, 4],
  [kinds.array, 12],
  [kinds.var, 4],
  [kinds.declTag, 4],
]);
const memberBytes = new Map<number, number>([
  [kinds.struct, 12],
  [kinds.union, 12],
  [kinds.enum, 8],
  [kinds.funcProto, 8],
  [kinds.dataSection, 12],
  [kinds.enum64, 12],
]);
const headBytes = 12;

interface Member {
  name: string;
  type: number;
  offset: number;
}

/** The types of a kernel or of an object file, as the compiler wrote them down (BTF). Type numbers begin at 1. */
export class Btf {
  readonly #data: Buffer;
  readonly #strings: Buffer;
  /** Where in `#data` each type begins. */
  readonly #at: number[] = [-1];

  /** Throws `host` for what is no BTF. */
  constructor(data: Buffer) {
    if (data.length < 24 || data.readUInt16LE(0) !== 0xeb9f) throw new Fault('host', 'This is no BTF');
    this.#data = data;
    const header = data.readUInt32LE(4);
    const begin = header + data.readUInt32LE(8);
    const end = begin + data.readUInt32LE(12);
    this.#strings = data.subarray(header + data.readUInt32LE(16)).subarray(0, data.readUInt32LE(20));
    for (let at = begin; at < end; at += headBytes + this.#tail(at)) this.#at.push(at);
  }

  /** Bytes from the beginning of a structure to a field, given as `ipc_params.u.size`. */
  findOffset(path: string): number | undefined {
    const [struct = '', ...fields] = path.split('.');
    let type = this.#find(struct, kinds.struct);
    let offset = 0;
    for (const field of fields) {
      const member = type === undefined ? undefined : this.#findMember(type, field);
      if (!member) return undefined;
      type = member.type;
      offset += member.offset;
    }
    return offset;
  }

  /** The number of a function's type, or of a type that has been given a name. */
  findTarget(name: string): number | undefined {
    return this.#find(name, kinds.func) ?? this.#find(name, kinds.typedef);
  }

  /** The dotted name of a member that is given by indexes, as relocations of an object file do: `0:1:0`. */
  pathOf(type: number, indexes: string): string {
    const [first, ...rest] = indexes.split(':').map(Number);
    if (first !== 0) throw new Error(`Not a field of one structure: ${indexes}`);
    const names = [this.#nameOf(type)];
    let current = type;
    for (const index of rest) {
      const member = this.#members(current)[index];
      if (!member) throw new Error(`${names.join('.')} has no member ${index}`);
      if (member.name) names.push(member.name);
      current = member.type;
    }
    return names.join('.');
  }

  /** A text by its place in the table of texts. */
  text(offset: number): string {
    return this.#strings.toString('latin1', offset, this.#strings.indexOf(0, offset));
  }

  #find(name: string, kind: number): number | undefined {
    const places = this.#placesOf(name);
    const type = this.#at.findIndex(
      (at) => at >= 0 && places.has(this.#data.readUInt32LE(at)) && this.#kind(at) === kind,
    );
    return type < 0 ? undefined : type;
  }

  /** Where a text is in the table: comparing numbers beats making a text of each name. */
  #placesOf(name: string): Set<number> {
    const places = new Set<number>();
    const bytes = Buffer.from(`\0${name}\0`);
    for (let at = this.#strings.indexOf(bytes); at >= 0; at = this.#strings.indexOf(bytes, at + 1)) {
      places.add(at + 1);
    }
    return places;
  }

  #findMember(type: number, name: string): Member | undefined {
    for (const member of this.#members(type)) {
      if (member.name === name) return member;
      const inner = member.name === '' ? this.#findMember(member.type, name) : undefined;
      if (inner) return { ...inner, offset: member.offset + inner.offset };
    }
    return undefined;
  }

  #members(type: number): Member[] {
    const at = this.#at[type] ?? 0;
    if (![kinds.struct, kinds.union].includes(this.#kind(at) as 4)) return [];
    const hasBitfields = this.#info(at) >>> 31 === 1; // then the upper byte of an offset is a size
    return this.#entries(type).map((entry) => {
      const bits = this.#data.readUInt32LE(entry + 8);
      return {
        name: this.text(this.#data.readUInt32LE(entry)),
        type: this.#data.readUInt32LE(entry + 4),
        offset: (hasBitfields ? bits & 0xffffff : bits) / 8,
      };
    });
  }

  #entries(type: number): number[] {
    const at = this.#at[type] ?? 0;
    const each = memberBytes.get(this.#kind(at)) ?? 0;
    return Array.from({ length: this.#info(at) & 0xffff }, (_, index) => at + headBytes + index * each);
  }

  #nameOf = (type: number): string => this.text(this.#data.readUInt32LE(this.#at[type] ?? 0));
  #info = (at: number): number => this.#data.readUInt32LE(at + 4);
  #kind = (at: number): number => (this.#info(at) >>> 24) & 31;

  #tail(at: number): number {
    const kind = this.#kind(at);
    return tailBytes.get(kind) ?? (memberBytes.get(kind) ?? 0) * (this.#info(at) & 0xffff);
  }
}

/** The types of the running kernel. Some 5 MB: keep it no longer than needed. Throws `unsupported`. */
export function readKernelBtf(): Btf {
  try {
    return new Btf(readFileSync('/sys/kernel/btf/vmlinux'));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    throw new Fault('unsupported', 'This kernel does not tell its types (CONFIG_DEBUG_INFO_BTF)', {
      cause: error,
    });
  }
}
