import { silentLogger } from '#base/logger.ts';
import type { Store } from '#store/store.ts';
import { JournalledOperations } from './journalled-operations.ts';
import type { Leaves } from './leaves.ts';
import type { OperationDefinition, RecoveredOperation } from './operation.ts';

/** Everything that an operation can change, fresh for each crash. */
export interface World<Deps> {
  store: Store;
  leaves: Leaves;
  deps: Deps;
}

export interface CrashWalk<Input, Work extends object, Deps> {
  definition: OperationDefinition<Input, Work, Deps>;
  input: Input;
  makeWorld(): Promise<World<Deps>>;
  /** Throws when something is lost or left over. `recovered` is absent when no journal was left to recover. */
  check(world: World<Deps>, recovered: RecoveredOperation | undefined): Promise<void>;
}

/**
 * For tests: runs an operation again and again, and lets the daemon die after each of its acts in turn: each
 * journal write and each asynchronous call of `deps` or of objects in them. Then it lets the recovery die after
 * each of its acts, and recovers once more. Resolves to the number of ways in which it died.
 */
export async function walkCrashes<Input, Work extends object, Deps extends object>(
  walk: CrashWalk<Input, Work, Deps>,
): Promise<number> {
  for (let ways = 0, act = 1; ; act += 1) {
    for (let recoveryAct = 1; ; recoveryAct += 1) {
      const world = await walk.makeWorld();
      const first = await liveUntil(act, world, (mortal) => begin(mortal, walk));
      if (!first.hasDied) {
        await expectEnd(walk, world, undefined);
        return ways;
      }
      ways += 1;
      const second = await liveUntil(recoveryAct, world, (mortal) => recover(mortal, walk));
      await expectEnd(walk, world, second.hasDied ? await recover(world, walk) : second.result);
      if (!second.hasDied) break;
    }
  }
}

async function begin<Input, Work extends object, Deps>(
  { store, leaves, deps }: World<Deps>,
  { definition, input }: CrashWalk<Input, Work, Deps>,
): Promise<void> {
  const operations = new JournalledOperations({ store, leaves, logger: silentLogger });
  await (await operations.start(definition, input, { project: 'default', deps })).finished;
}

async function recover<Input, Work extends object, Deps>(
  { store, leaves, deps }: World<Deps>,
  { definition }: CrashWalk<Input, Work, Deps>,
): Promise<RecoveredOperation | undefined> {
  const operations = new JournalledOperations({ store, leaves, logger: silentLogger });
  const known = definition as unknown as OperationDefinition<never, object, never>;
  const [recovered] = await operations.recover(() => ({ definition: known, deps }));
  return recovered;
}

/** Lives in `world` to the end, or dies after so many acts. */
async function liveUntil<Deps extends object, T>(
  acts: number,
  { store, leaves, deps }: World<Deps>,
  live: (world: World<Deps>) => Promise<T>,
): Promise<{ hasDied: true } | { hasDied: false; result: T }> {
  const death = new Death(acts);
  const life = live({ store: death.watch(store), leaves, deps: death.watch(deps) });
  return Promise.race([
    death.came.then(() => ({ hasDied: true }) as const),
    life.then((result) => ({ hasDied: false, result }) as const),
  ]);
}

async function expectEnd<Input, Work extends object, Deps>(
  walk: CrashWalk<Input, Work, Deps>,
  world: World<Deps>,
  recovered: RecoveredOperation | undefined,
): Promise<void> {
  const journals = await world.store.range('operation/');
  if (journals.length > 0) throw new Error(`A journal is left: ${JSON.stringify(journals[0]?.value)}`);
  await walk.check(world, recovered);
}

/** Comes after so many acts: the last one is done, but nobody hears of it, and nothing is done after it. */
class Death {
  readonly came: Promise<void>;
  #actsLeft: number;
  #come: () => void = () => {};

  constructor(acts: number) {
    this.#actsLeft = acts;
    this.came = new Promise((resolve) => {
      this.#come = resolve;
    });
  }

  /** `target` with every asynchronous call counted, also of objects in it and in its maps. */
  watch<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (isMethod(value)) return (...args: unknown[]) => this.#call(target, name, value, args);
        return isObject(value) ? this.watch(value) : value;
      },
    });
  }

  #call(target: object, name: string | symbol, method: Method, args: unknown[]): unknown {
    if (this.#actsLeft <= 0) return forever;
    const result: unknown = method.apply(target, args);
    if (result instanceof Promise) return this.#count(result);
    return target instanceof Map && name === 'get' && isObject(result) ? this.watch(result) : result;
  }

  async #count(act: Promise<unknown>): Promise<unknown> {
    this.#actsLeft -= 1;
    const isLast = this.#actsLeft === 0;
    const result = await act;
    if (this.#actsLeft > 0) return result;
    if (isLast) this.#come();
    return forever;
  }
}

type Method = (...args: unknown[]) => unknown;

const forever = new Promise<never>(() => {});

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
