import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger } from '#base/logger.ts';
import type { Store } from '#store/store.ts';
import { JournalledOperations } from './journalled-operations.ts';
import type { Leaves } from './leaves.ts';
import type { OperationDefinition, OperationHandle, Step } from './operation.ts';

/** For tests: a host on which steps build rooms, one on top of the other. */
export class House {
  /** What stands, from the ground up. */
  readonly rooms: string[] = [];
  /** Everything that was done, in order. */
  readonly diary: string[] = [];
  /** Called before a room is built or torn down; may throw or wait. */
  before: (act: string, signal: AbortSignal) => Promise<void> | void = () => {};

  async build(room: string, signal: AbortSignal): Promise<void> {
    await this.before(`build ${room}`, signal);
    this.diary.push(`build ${room}`);
    if (!this.rooms.includes(room)) this.rooms.push(room);
  }

  async tearDown(room: string, signal: AbortSignal): Promise<void> {
    await this.before(`tear down ${room}`, signal);
    this.diary.push(`tear down ${room}`);
    const position = this.rooms.indexOf(room);
    if (position < 0) return;
    if (position < this.rooms.length - 1) throw new Error(`${this.rooms.at(-1)} stands on ${room}`);
    this.rooms.pop();
  }
}

export interface HouseInput {
  name: string;
}

interface HouseWork {
  height: number;
}

export const floors = ['cellar', 'hall', 'attic'];

function floorStep(floor: string): Step<HouseInput, HouseWork, House> {
  return {
    name: floor,
    async do({ deps, work, signal }) {
      await deps.build(`${floor} 1`, signal);
      await deps.build(`${floor} 2`, signal);
      work.height = (work.height ?? 0) + 1;
    },
    async undo({ deps, signal }) {
      await deps.tearDown(`${floor} 2`, signal);
      await deps.tearDown(`${floor} 1`, signal);
    },
  };
}

/** Three steps of two acts each. */
export function houseDefinition(
  change: Partial<OperationDefinition<HouseInput, HouseWork, House>> = {},
): OperationDefinition<HouseInput, HouseWork, House> {
  return {
    kind: 'house.build',
    describe: ({ name }) => `Building ${name}`,
    resources: ({ name }) => ({ houses: [name] }),
    steps: floors.map(floorStep),
    afterCrash: 'undo',
    isCancellable: true,
    result: (_, { height }) => ({ height }),
    ...change,
  };
}

/** Leaves that only note what becomes of them. */
export class FakeLeaves implements Leaves {
  readonly diary: string[];

  constructor(diary: string[] = []) {
    this.diary = diary;
  }

  async make(id: string): Promise<string> {
    return `/leaf/${id}`;
  }

  async empty(leaf: string): Promise<void> {
    this.diary.push(`empty ${leaf}`);
  }

  async enter<T>(leaf: string, work: () => Promise<T>): Promise<T> {
    this.diary.push(`enter ${leaf}`);
    return work();
  }
}

/** Operations on a house, with a clock of their own. */
export class BuildingSite {
  readonly clock = new FakeClock();
  readonly house = new House();
  readonly leaves = new FakeLeaves();
  readonly store: Store;
  readonly operations: JournalledOperations;

  constructor(store: Store) {
    this.store = store;
    const { leaves, clock } = this;
    this.operations = new JournalledOperations({ store, leaves, logger: silentLogger, clock });
  }

  build(name = 'home', definition = houseDefinition(), project = 'default'): Promise<OperationHandle> {
    return this.operations.start(definition, { name }, { project, deps: this.house });
  }

  async journals(): Promise<unknown[]> {
    return (await this.store.range('operation/')).map(({ value }) => value);
  }

  /** Makes the house wait before `act` until it is let go. `reached` resolves when it waits. */
  holdBefore(act: string): { reached: Promise<void>; letGo: () => void } {
    let letGo: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      this.house.before = (next) => {
        if (next !== act) return;
        resolve();
        return gate;
      };
    });
    return { reached, letGo };
  }
}

/** What a program does that listens to the signal. */
export const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
