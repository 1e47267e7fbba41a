import { closeSync, openSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import type { Counter } from '#model/counter.ts';
import { Fault } from '#model/fault.ts';
import type { Btf } from '../bpf/btf.ts';
import { readKernelBtf } from '../bpf/btf.ts';
import { BpfCalls } from '../bpf/kernel-calls.ts';
import { attachToGroup, loadProgram } from '../bpf/load-program.ts';
import { BpfMap, type MapShape } from '../bpf/map.ts';
import type { ProgramObject } from '../bpf/object.ts';
import { Pins } from '../bpf/pins.ts';
import { countedSockets, mapLayout, mapShapes } from './maps.ts';
import { programs } from './programs/programs.gen.ts';

export type SocketResource = (typeof countedSockets)[number];
/** Absent: no limit. */
export type SocketLimits = Partial<Record<SocketResource, number>>;

const noLimit = 2n ** 64n - 1n;
const accountBytes = 24;

type LoadedProgram = readonly [ProgramObject, fd: number];
type Maps = Record<keyof typeof mapShapes, BpfMap>;

/**
 * Sockets of instances, counted and limited by programs that the kernel runs for an instance's v2 group. They and
 * what they have counted belong to the group, so they do not notice the daemon's death; the maps and the programs for
 * the next instance have names in a file system of the daemon's mount namespace.
 */
export class SocketAccounts {
  readonly #calls: BpfCalls;
  readonly #maps: Maps;
  readonly #programs: readonly LoadedProgram[];

  private constructor(maps: Maps, loaded: readonly LoadedProgram[], calls: BpfCalls) {
    this.#maps = maps;
    this.#programs = loaded;
    this.#calls = calls;
  }

  /** Goes on with what an earlier daemon has pinned in `folder`. Throws `host`, `unsupported`. */
  static async open(folder: string): Promise<SocketAccounts> {
    const calls = new BpfCalls();
    const pins = await Pins.open(folder, calls);
    const maps = Object.fromEntries(
      Object.values<MapShape>(mapShapes).map((shape) => [shape.name, openMap(calls, pins, shape)]),
    ) as Maps;
    const loaded = openPrograms(calls, pins, maps);
    await removeOutdated(pins);
    return new SocketAccounts(maps, loaded, calls);
  }

  /** Counting goes on without this process. */
  close(): void {
    for (const { fd } of Object.values(this.#maps)) closeSync(fd);
    for (const [, fd] of this.#programs) closeSync(fd);
    this.#calls.close();
  }

  /** Counts what processes in the v2 group make from now on. Followed already: changes nothing. Throws `host`. */
  follow(group: string): void {
    const key = keyOf(group);
    if (this.#findAccounts(key)) return;
    const fd = openSync(group, 'r');
    try {
      for (const [{ attachment }, program] of this.#programs) {
        attachToGroup(this.#calls, { group: fd, program, attachment });
      }
    } finally {
      closeSync(fd);
    }
    this.#maps.accounts.set(key, Buffer.concat([key, Buffer.alloc(accountBytes * countedSockets.length)]));
  }

  /** Counts from the next socket on. What is there already stays. Throws `unsupported` for a group that is not followed. */
  setLimits(group: string, limits: SocketLimits): void {
    const key = keyOf(group);
    if (Object.keys(limits).length > 0 && !this.#findAccounts(key)) throw notFollowed();
    const value = Buffer.alloc(8 * countedSockets.length);
    countedSockets.forEach((resource, index) => {
      const limit = limits[resource];
      value.writeBigUInt64LE(limit === undefined ? noLimit : BigInt(limit), 8 * index);
    });
    this.#maps.limits.set(key, value);
  }

  /** What the group's sockets come to; `undefined` for one that is not followed, or no more there. */
  read(group: string): Record<SocketResource, Counter> | undefined {
    const key = findKey(group);
    const accounts = key && this.#findAccounts(key);
    if (!accounts) return undefined;
    const limits = this.#maps.limits.find(key);
    const counters = countedSockets.map((resource, index) => {
      const account = accounts.subarray(8 + accountBytes * index);
      const limit = limits?.readBigUInt64LE(8 * index) ?? noLimit;
      const counter: Counter = {
        held: Number(account.readBigUInt64LE(0)),
        peak: Number(account.readBigUInt64LE(8)),
        refusals: Number(account.readBigUInt64LE(16)),
        ...(limit !== noLimit && { limit: Number(limit) }),
      };
      return [resource, counter];
    });
    return Object.fromEntries(counters) as Record<SocketResource, Counter>;
  }

  /** The kernel makes it with the first program; its number stands in it when all of them are there. */
  #findAccounts(key: Buffer): Buffer | undefined {
    const accounts = this.#maps.accounts.find(key);
    return accounts?.readBigUInt64LE(0) === key.readBigUInt64LE(0) ? accounts : undefined;
  }

  /** Its account goes with the group. Not followed: succeeds. */
  forget(group: string): void {
    const key = findKey(group);
    if (key) this.#maps.limits.delete(key);
  }
}

function notFollowed(): Fault {
  return new Fault('unsupported', 'Its sockets are not counted, so they cannot be limited', {
    hint: 'Restart the instance: sockets are counted from the start on. The log of the daemon tells if that failed.',
  });
}

/** The number of a cgroup is that of its folder. */
function keyOf(group: string): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64LE(statSync(group, { bigint: true }).ino);
  return key;
}

function findKey(group: string): Buffer | undefined {
  const found = statSync(group, { bigint: true, throwIfNoEntry: false });
  return found && keyOf(group);
}

const mapName = ({ name }: MapShape): string => `map-${name}-${mapLayout}`;

/** A program that was changed, or was made for another table, is another program. */
const programName = ({ name, code }: ProgramObject): string =>
  `program-${name}-${mapLayout}-${createHash('sha256').update(code).digest('hex').slice(0, 16)}`;

function openMap(calls: BpfCalls, pins: Pins, shape: MapShape): BpfMap {
  const known = pins.find(mapName(shape));
  if (known !== undefined) return new BpfMap(calls, known, shape);
  const map = BpfMap.make(calls, shape);
  pins.pin(mapName(shape), map.fd);
  return map;
}

function openPrograms(calls: BpfCalls, pins: Pins, maps: Maps): LoadedProgram[] {
  let types: Btf | undefined;
  return programs.map((program) => {
    const known = pins.find(programName(program));
    if (known !== undefined) return [program, known];
    types ??= readKernelBtf();
    const fd = loadProgram({ calls, types, maps }, program);
    pins.pin(programName(program), fd);
    return [program, fd];
  });
}

/** Instances that an earlier version started keep its programs, whether those have names or not. */
async function removeOutdated(pins: Pins): Promise<void> {
  const current = new Set([
    ...Object.values<MapShape>(mapShapes).map(mapName),
    ...programs.map((program) => programName(program)),
  ]);
  for (const name of await pins.names()) if (!current.has(name)) await pins.remove(name);
}
