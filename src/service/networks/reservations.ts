import { KeyedLock } from '#base/keyed-lock.ts';
import type { Subnet } from '#host/network/addresses.ts';
import { Fault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';
import type { Store, Write } from '#store/store.ts';
import { chooseNic } from './choose-nic.ts';
import type { NicRequest } from './networks.ts';
import type { Kept, NicOwner, Reservation } from './nic-index.ts';
import { NicIndex } from './nic-index.ts';

// The managed network is the default project's; instances of every project are on it.
const nicPrefix = 'default/nic/';
const nicKey = ({ id, device }: NicOwner): string => `${nicPrefix}${id}/${device}`;

/** Keys that hold a MAC and an address, so that no two NICs get the same one, whoever writes. */
const holdKeys = ({ mac, ipv4 }: Reservation): string[] => [
  `default/nic-mac/${mac}`,
  `default/nic-ipv4/${ipv4}`,
];

const mostTries = 20;

/**
 * MACs and addresses of all NICs: in the shared store, because they travel with their instances, and in memory,
 * because every start and every list asks for them.
 */
export class Reservations {
  readonly index = new NicIndex();
  readonly #store: Store;
  readonly #locks = new KeyedLock();

  constructor(store: Store) {
    this.#store = store;
  }

  async load(): Promise<void> {
    this.index.clear();
    for (const { value, modRevision } of await this.#store.range<Reservation>(nicPrefix)) {
      this.index.put({ ...value, modRevision });
    }
  }

  /** What the NIC gets, made or changed as wished. Throws as `chooseNic` does. */
  reserve(request: NicRequest, subnet: Subnet): Promise<Reservation> {
    return this.#locks.run(request.id, () =>
      this.#change(request, () => chooseNic(request, this.index, subnet)),
    );
  }

  /** Not there: succeeds. */
  release(owner: NicOwner): Promise<void> {
    return this.#locks.run(owner.id, async () => {
      const kept = this.index.find(owner);
      if (!kept) return;
      const keys = [nicKey(kept), ...holdKeys(kept)];
      await this.#store.transact({ writes: keys.map((key) => ({ delete: key })) });
      this.index.remove(kept);
    });
  }

  rename(id: InstanceId, instanceName: string): Promise<void> {
    return this.#locks.run(id, async () => {
      for (const nic of this.index.of(id)) {
        await this.#change(nic, (before) => ({ ...(before ?? nic), instanceName }));
      }
    });
  }

  async #change(owner: NicOwner, choose: (before: Kept | undefined) => Reservation): Promise<Reservation> {
    for (let attempt = 0; attempt < mostTries; attempt += 1) {
      const before = this.index.find(owner);
      const chosen = choose(before);
      if (before && isSame(before, chosen)) return before;
      if (await this.#write(before, chosen)) return chosen;
      await this.#learn(chosen);
    }
    throw new Fault('conflict', `Cannot keep the addresses of instance ${owner.id}: others keep taking them`);
  }

  /** `false` when another writer was faster. */
  async #write(before: Kept | undefined, chosen: Reservation): Promise<boolean> {
    const { id, device, index, instanceName, mac, ipv4 } = chosen;
    const value: Reservation = { id, device, index, instanceName, mac, ipv4 };
    const held = before ? holdKeys(before) : [];
    const wanted = holdKeys(value);
    const fresh = wanted.filter((key) => !held.includes(key));
    const writes: Write[] = [
      { put: nicKey(value), value },
      ...fresh.map((key) => ({ put: key, value: { id, device } })),
      ...held.filter((key) => !wanted.includes(key)).map((key) => ({ delete: key })),
    ];
    const compares = [
      { key: nicKey(value), modRevision: before?.modRevision ?? 0n },
      ...fresh.map((key) => ({ key, modRevision: 0n })),
    ];
    const { succeeded, revision } = await this.#store.transact({ compares, writes });
    if (succeeded) this.index.put({ ...value, modRevision: revision });
    return succeeded;
  }

  /** Reads what another writer has made of the keys that we wanted. */
  async #learn(chosen: Reservation): Promise<void> {
    this.index.remove(chosen);
    const nic = await this.#store.get<Reservation>(nicKey(chosen));
    if (nic) this.index.put({ ...nic.value, modRevision: nic.modRevision });
    const [macHolder, ipv4Holder] = await Promise.all(
      holdKeys(chosen).map((key) => this.#store.get<NicOwner>(key)),
    );
    this.index.setHolder(chosen.mac, macHolder?.value);
    this.index.setHolder(chosen.ipv4, ipv4Holder?.value);
  }
}

function isSame(a: Reservation, b: Reservation): boolean {
  return a.instanceName === b.instanceName && a.mac === b.mac && a.ipv4 === b.ipv4;
}
