import { closeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { type Btf, readKernelBtf } from './btf.ts';
import { BpfCalls } from './kernel-calls.ts';
import { attachEverywhere, attachToGroup, loadProgram } from './load-program.ts';
import { BpfMap, type MapShape } from './map.ts';
import { placeOf, type ProgramObject } from './object.ts';
import { Pins } from './pins.ts';

/** By descriptors that stay open. */
export type LoadedPrograms = readonly (readonly [ProgramObject, fd: number])[];

/** What belongs together: maps, and the programs that use them. */
export interface ProgramFamily<Name extends string> {
  /** Where the `bpf` file system is, or will be. */
  folder: string;
  /** Folder in it that holds the names of this family alone. */
  name: string;
  maps: Readonly<Record<Name, MapShape>>;
  /** Goes up when a map is laid out in another way: what runs keeps the maps it has. */
  layout: number;
}

/**
 * Our maps and programs in the kernel, each with a name in a `bpf` file system, so that the next daemon goes on with
 * them. One that was changed is another program; one that reads other maps too.
 */
export class PinnedPrograms<Name extends string> {
  readonly #calls: BpfCalls;
  readonly maps: Readonly<Record<Name, BpfMap>>;
  readonly #pins: Pins;
  readonly #layout: number;
  readonly #opened: number[] = [];
  /** Names of what this version uses. */
  readonly #current = new Set<string>();
  #types: Btf | undefined;

  private constructor(calls: BpfCalls, pins: Pins, { maps, layout }: ProgramFamily<Name>) {
    this.#calls = calls;
    this.#pins = pins;
    this.#layout = layout;
    try {
      this.maps = Object.fromEntries(
        Object.entries<MapShape>(maps).map(([name, shape]) => [name, this.#openMap(shape)]),
      ) as Record<Name, BpfMap>;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Goes on with what an earlier daemon has pinned. Throws `host`. */
  static async open<Name extends string>(family: ProgramFamily<Name>): Promise<PinnedPrograms<Name>> {
    const calls = new BpfCalls();
    const pins = await Pins.open(family, calls).catch((error: unknown) => {
      calls.close();
      throw error;
    });
    return new PinnedPrograms(calls, pins, family);
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
      !this.#current.has(name) && !(name.startsWith('link-') && !name.includes(`-${this.#layout}-`));
    for (const name of await this.#pins.names()) if (isOutdated(name)) await this.#pins.remove(name);
  }

  /** Everything goes on without this process. */
  close(): void {
    for (const fd of this.#opened) closeSync(fd);
    this.#calls.close();
  }

  #openMap(shape: MapShape): BpfMap {
    const fd = this.#open(`map-${shape.name}-${this.#layout}`, () => BpfMap.make(this.#calls, shape).fd);
    return new BpfMap(this.#calls, fd, shape);
  }

  #openProgram(program: ProgramObject): number {
    return this.#open(this.#pinName('program', program), () => {
      this.#types ??= readKernelBtf();
      return loadProgram({ calls: this.#calls, types: this.#types, maps: this.maps }, program);
    });
  }

  #run(program: ProgramObject, fd: number): void {
    this.#open(this.#pinName('link', program), () => attachEverywhere(this.#calls, fd));
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
  #pinName(kind: string, { name, code }: ProgramObject): string {
    const digest = createHash('sha256').update(code).digest('hex').slice(0, 16);
    return `${kind}-${name}-${this.#layout}-${digest}`;
  }
}
