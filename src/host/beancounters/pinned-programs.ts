import { closeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { type Btf, readKernelBtf } from '../bpf/btf.ts';
import { BpfCalls } from '../bpf/kernel-calls.ts';
import { attachEverywhere, attachToGroup, loadProgram } from '../bpf/load-program.ts';
import { BpfMap, type MapShape } from '../bpf/map.ts';
import { placeOf, type ProgramObject } from '../bpf/object.ts';
import { Pins } from '../bpf/pins.ts';
import { mapLayout, mapShapes } from './maps.ts';

export type Maps = Record<keyof typeof mapShapes, BpfMap>;
/** By descriptors that stay open. */
export type LoadedPrograms = readonly (readonly [ProgramObject, fd: number])[];

/**
 * Our maps and programs in the kernel, each with a name in a `bpf` file system, so that the next daemon goes on with
 * them. One that was changed is another program; one that reads other maps too.
 */
export class PinnedPrograms {
  readonly #calls: BpfCalls;
  readonly maps: Maps;
  readonly #pins: Pins;
  readonly #opened: number[] = [];
  /** Names of what this version uses. */
  readonly #current = new Set<string>();
  #types: Btf | undefined;

  private constructor(calls: BpfCalls, pins: Pins) {
    this.#calls = calls;
    this.#pins = pins;
    try {
      this.maps = Object.fromEntries(
        Object.values<MapShape>(mapShapes).map((shape) => [shape.name, this.#openMap(shape)]),
      ) as Maps;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Goes on with what an earlier daemon has pinned in `folder`. Throws `host`. */
  static async open(folder: string): Promise<PinnedPrograms> {
    const calls = new BpfCalls();
    const pins = await Pins.open(folder, calls).catch((error: unknown) => {
      calls.close();
      throw error;
    });
    return new PinnedPrograms(calls, pins);
  }

  /** Throws `host`, `unsupported`. */
  load(programs: readonly ProgramObject[]): LoadedPrograms {
    return programs.map((program) => [program, this.#openProgram(program)] as const);
  }

  /** Those that are for no group run from now on. Throws `host`. */
  runEverywhere(programs: LoadedPrograms): void {
    for (const [program, fd] of programs) if (placeOf(program.attachment).isGlobal) this.#run(program, fd);
  }

  /** The others run in the group, and those below it. Throws `host`. */
  attach(programs: LoadedPrograms, group: number): void {
    for (const [{ attachment }, program] of programs) {
      if (placeOf(attachment).isGlobal) continue;
      attachToGroup(this.#calls, { group, program, attachment });
    }
  }

  /**
   * Instances that an earlier version started keep its programs and maps, whether those have names or not. Links must
   * have one to go on: what takes back charges in maps of another layout is left to do so.
   */
  async removeOutdated(): Promise<void> {
    this.#types = undefined;
    const isOutdated = (name: string): boolean =>
      !this.#current.has(name) && !(name.startsWith('link-') && !name.includes(`-${mapLayout}-`));
    for (const name of await this.#pins.names()) if (isOutdated(name)) await this.#pins.remove(name);
  }

  /** Everything goes on without this process. */
  close(): void {
    for (const fd of this.#opened) closeSync(fd);
    this.#calls.close();
  }

  #openMap(shape: MapShape): BpfMap {
    const fd = this.#open(`map-${shape.name}-${mapLayout}`, () => BpfMap.make(this.#calls, shape).fd);
    return new BpfMap(this.#calls, fd, shape);
  }

  #openProgram(program: ProgramObject): number {
    return this.#open(pinName('program', program), () => {
      this.#types ??= readKernelBtf();
      return loadProgram({ calls: this.#calls, types: this.#types, maps: this.maps }, program);
    });
  }

  #run(program: ProgramObject, fd: number): void {
    this.#open(pinName('link', program), () => attachEverywhere(this.#calls, fd));
  }

  /** What has that name, or else is made and given it. */
  #open(name: string, make: () => number): number {
    this.#current.add(name);
    const known = this.#pins.find(name);
    const fd = known ?? make();
    this.#opened.push(fd);
    if (known === undefined) this.#pins.pin(name, fd);
    return fd;
  }
}

const pinName = (kind: string, { name, code }: ProgramObject): string =>
  `${kind}-${name}-${mapLayout}-${createHash('sha256').update(code).digest('hex').slice(0, 16)}`;
