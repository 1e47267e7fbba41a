import { Fault } from '#model/fault.ts';
import type { Instance, InstanceId } from '#model/instance.ts';
import type { Compare, Entry, Store, Transaction, Write } from '#store/store.ts';

export const instanceKey = (project: string, id: InstanceId): string => `${project}/instance/${id}`;
/** DNS does not tell upper from lower case, so neither does the uniqueness of names. */
const nameKey = (project: string, name: string): string => `${project}/instance-name/${name.toLowerCase()}`;

/** Holds as long as what a document refers to is as it was: a part of the transaction that writes it. */
type Uses = Required<Transaction>;

/** Documents of instances in the shared store. Names are unique by compare, so that no lock is needed. */
export class InstanceRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(project: string): Promise<Instance[]> {
    const entries = await this.#store.range<Instance>(`${project}/instance/`);
    return entries.map((entry) => entry.value).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async findId(project: string, name: string): Promise<InstanceId | undefined> {
    const entry = await this.#store.get<{ id: InstanceId }>(nameKey(project, name));
    return entry?.value.id;
  }

  async find(project: string, name: string): Promise<Entry<Instance> | undefined> {
    const id = await this.findId(project, name);
    return id === undefined ? undefined : this.#store.get<Instance>(instanceKey(project, id));
  }

  async byId(project: string, id: InstanceId): Promise<Entry<Instance> | undefined> {
    return this.#store.get<Instance>(instanceKey(project, id));
  }

  /** Throws `not-found`. */
  async get(project: string, name: string): Promise<Entry<Instance>> {
    const found = await this.find(project, name);
    if (!found) throw noSuchInstance(name);
    return found;
  }

  /** Takes the name for `id`. Doing it again for the same id succeeds. Throws `exists`. */
  async reserveName(project: string, name: string, id: InstanceId): Promise<void> {
    const key = nameKey(project, name);
    const taken = await this.#store.transact({
      compares: [{ key, modRevision: 0n }],
      writes: [{ put: key, value: { id } }],
    });
    if (taken.succeeded || (await this.findId(project, name)) === id) return;
    throw nameTaken(name);
  }

  async releaseName(project: string, name: string, id: InstanceId): Promise<void> {
    if ((await this.findId(project, name)) !== id) return;
    await this.#store.transact({ writes: [{ delete: nameKey(project, name) }] });
  }

  /** False when `uses` do not hold any more: its image or a profile was used, changed or deleted in between. */
  async publish(instance: Instance, uses: Uses): Promise<boolean> {
    const document = { put: instanceKey(instance.project, instance.id), value: instance };
    const transaction = { compares: uses.compares, writes: [document, ...uses.writes] };
    return (await this.#store.transact(transaction)).succeeded;
  }

  /**
   * Changes the document, again when somebody else changed it in between, or `uses` did not hold any more. Throws
   * `not-found` by id, and what `uses` throws.
   */
  async change(
    project: string,
    id: InstanceId,
    edit: (instance: Instance) => Instance,
    uses: () => Promise<Uses> = async () => ({ compares: [], writes: [] }),
  ): Promise<Instance> {
    for (;;) {
      const { compares, writes } = await uses();
      const entry = await this.byId(project, id);
      if (!entry) throw new Fault('not-found', `There is no instance with the id ${id}`);
      const edited = edit(entry.value);
      const result = await this.#store.transact({
        compares: [{ key: entry.key, modRevision: entry.modRevision }, ...compares],
        writes: [{ put: entry.key, value: edited }, ...writes],
      });
      if (result.succeeded) return edited;
    }
  }

  /** Old name, new name and document change together or not at all. Done already: succeeds. Throws `exists`. */
  async rename(project: string, id: InstanceId, newName: string): Promise<void> {
    const entry = await this.byId(project, id);
    if (!entry) throw new Fault('not-found', `There is no instance with the id ${id}`);
    if (entry.value.name === newName) return;
    const isOnlyCase = entry.value.name.toLowerCase() === newName.toLowerCase();
    const newKey = nameKey(project, newName);
    const writes: Write[] = [{ put: entry.key, value: { ...entry.value, name: newName } }];
    if (!isOnlyCase)
      writes.push({ delete: nameKey(project, entry.value.name) }, { put: newKey, value: { id } });
    const compares: Compare[] = [{ key: entry.key, modRevision: entry.modRevision }];
    if (!isOnlyCase) compares.push({ key: newKey, modRevision: 0n });
    const result = await this.#store.transact({ compares, writes });
    if (!result.succeeded) throw nameTaken(newName);
  }

  async remove(project: string, name: string, id: InstanceId): Promise<void> {
    const writes: Write[] = [{ delete: instanceKey(project, id) }];
    if ((await this.findId(project, name)) === id) writes.push({ delete: nameKey(project, name) });
    await this.#store.transact({ writes });
  }
}

export const noSuchInstance = (name: string): Fault =>
  new Fault('not-found', `There is no instance "${name}"`, { hint: 'wadah list shows all.' });

function nameTaken(name: string): Fault {
  return new Fault('exists', `The name "${name}" is taken`, {
    hint: 'Choose another one, or delete that instance first.',
  });
}
