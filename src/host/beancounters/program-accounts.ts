import { closeSync, openSync, statSync } from 'node:fs';
import type { Counter } from '#model/counter.ts';
import { Fault, isFault } from '#model/fault.ts';
import { type LoadedPrograms, PinnedPrograms } from '../bpf/pinned-programs.ts';
import { requireSecurityPrograms } from '../bpf/security-modules.ts';
import {
  accountBytes,
  mapLayout,
  mapShapes,
  type ProgramResource,
  programResources,
  securityResources,
  socketResources,
} from './maps.ts';
import { securityPrograms, socketPrograms } from './programs/programs.gen.ts';

/** Absent: no limit. */
export type ProgramLimits = Partial<Record<ProgramResource, number | undefined>>;

type AccountPrograms = PinnedPrograms<keyof typeof mapShapes>;

const noLimit = 2n ** 64n - 1n;

/** A group whose account is open. */
interface Followed {
  counted: readonly ProgramResource[];
  limits: ProgramLimits;
}

interface Attachable {
  programs: LoadedPrograms;
  resources: readonly ProgramResource[];
}

/**
 * What programs in the kernel count and limit for instances: sockets by programs of their v2 groups, other objects by
 * programs in front of the kernel's security functions, where it takes such. They do not notice the daemon's death.
 */
export class ProgramAccounts {
  readonly #pinned: AccountPrograms;
  readonly #attachable: readonly Attachable[];
  /** Why `securityResources` are not counted. */
  readonly securityRefusal: Fault | undefined;

  private constructor(
    pinned: AccountPrograms,
    sockets: LoadedPrograms,
    security: { programs: LoadedPrograms; refusal?: Fault },
  ) {
    this.#pinned = pinned;
    this.securityRefusal = security.refusal;
    this.#attachable = [
      { programs: sockets, resources: socketResources },
      ...(security.refusal ? [] : [{ programs: security.programs, resources: securityResources }]),
    ];
  }

  /** Goes on with what an earlier daemon has pinned in `folder`. Throws `host`, `unsupported` when sockets cannot be counted. */
  static async open(folder: string): Promise<ProgramAccounts> {
    const pinned = await PinnedPrograms.open({ folder, name: 'pins', maps: mapShapes, layout: mapLayout });
    try {
      const accounts = new ProgramAccounts(pinned, pinned.load(socketPrograms), loadSecurity(pinned));
      await pinned.removeOutdated();
      accounts.#forgetGone();
      return accounts;
    } catch (error) {
      pinned.close();
      throw error;
    }
  }

  /** Counting goes on without this process. */
  close(): void {
    this.#pinned.close();
  }

  /**
   * Counts what processes in the v2 group make from now on. Followed already: changes nothing. Throws `host` when not
   * all is counted.
   */
  follow(group: string): void {
    const key = keyOf(group);
    if (this.#find(key)) return;
    this.#pinned.maps.accounts.set(key, Buffer.alloc(accountBytes * programResources.length));
    const counted: ProgramResource[] = [];
    const fd = openSync(group, 'r');
    try {
      for (const { programs, resources } of this.#attachable) {
        this.#pinned.attach(programs, fd);
        counted.push(...resources);
      }
    } finally {
      closeSync(fd);
      if (counted.length > 0) this.#write(key, { counted, limits: {} });
    }
  }

  /** Holds from the next object on. What is there already stays. Throws `unsupported` for what is not counted. */
  setLimits(group: string, limits: ProgramLimits): void {
    const key = keyOf(group);
    const counted = this.#find(key)?.counted ?? [];
    const missing = Object.keys(limits).filter((name) => !counted.includes(name as ProgramResource));
    if (missing.length > 0) throw notFollowed(missing);
    if (counted.length > 0) this.#write(key, { counted, limits });
  }

  /** What the group's objects come to; nothing of one that is not followed, or no more there. */
  read(group: string): Partial<Record<ProgramResource, Counter>> {
    const key = findKey(group);
    const followed = key && this.#find(key);
    const accounts = followed && this.#pinned.maps.accounts.find(key);
    if (!accounts) return {};
    const counters = followed.counted.map((resource) => {
      const account = accounts.subarray(accountBytes * programResources.indexOf(resource));
      return [resource, counterOf(account, followed.limits[resource])];
    });
    return Object.fromEntries(counters) as Partial<Record<ProgramResource, Counter>>;
  }

  /** Not followed: succeeds. */
  forget(group: string): void {
    const key = findKey(group);
    if (key) this.#pinned.maps.accounts.delete(key);
  }

  /** Accounts of groups that were removed while nobody looked. */
  #forgetGone(): void {
    const { accounts } = this.#pinned.maps;
    for (const key of accounts.keys()) if (!this.#find(key)) accounts.delete(key);
  }

  /** The group with that number, if it is followed: the kernel's entry for it is empty until all is attached. */
  #find(key: Buffer): Followed | undefined {
    const entry = this.#pinned.maps.followed.find(key);
    return entry?.readBigUInt64LE(0) === key.readBigUInt64LE(0) ? parseFollowed(entry) : undefined;
  }

  #write(key: Buffer, { counted, limits }: Followed): void {
    const bits = counted.reduce(
      (sum, resource) => sum | (1n << BigInt(programResources.indexOf(resource))),
      0n,
    );
    const most = programResources.map((resource) => BigInt(limits[resource] ?? noLimit));
    this.#pinned.maps.followed.set(key, Buffer.concat([key, numbers([bits, ...most])]));
  }
}

function parseFollowed(entry: Buffer): Followed {
  const bits = Number(entry.readBigUInt64LE(8));
  const limits = programResources.map((resource, index) => {
    const limit = entry.readBigUInt64LE(16 + 8 * index);
    return [resource, limit === noLimit ? undefined : Number(limit)];
  });
  return {
    counted: programResources.filter((_, index) => bits & (1 << index)),
    limits: Object.fromEntries(limits) as ProgramLimits,
  };
}

function loadSecurity(pinned: AccountPrograms): { programs: LoadedPrograms; refusal?: Fault } {
  try {
    const programs = requireSecurityPrograms(() => pinned.load(securityPrograms));
    pinned.runEverywhere(programs);
    return { programs };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { programs: [], refusal: error };
  }
}

function counterOf(account: Buffer, limit: number | undefined): Counter {
  return {
    held: Number(account.readBigUInt64LE(0)),
    peak: Number(account.readBigUInt64LE(8)),
    refusals: Number(account.readBigUInt64LE(16)),
    ...(limit !== undefined && { limit }),
  };
}

function notFollowed(resources: readonly string[]): Fault {
  const keys = resources.map((name) => `limits.${name}`).join(' and ');
  return new Fault('unsupported', `What ${keys} would limit is not counted in this instance`, {
    hint: 'Restart the instance: it is counted from the start on. The log of the daemon tells if that failed.',
  });
}

function numbers(values: readonly bigint[]): Buffer {
  const buffer = Buffer.alloc(8 * values.length);
  values.forEach((value, index) => buffer.writeBigUInt64LE(value, 8 * index));
  return buffer;
}

/** The number of a cgroup is that of its folder. */
function keyOf(group: string): Buffer {
  return numbers([statSync(group, { bigint: true }).ino]);
}

function findKey(group: string): Buffer | undefined {
  const found = statSync(group, { bigint: true, throwIfNoEntry: false });
  return found && keyOf(group);
}
