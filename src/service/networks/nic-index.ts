import type { InstanceId } from '#model/instance.ts';

/** What a NIC keeps for as long as its instance has it, on whatever node that runs. */
export interface Reservation {
  id: InstanceId;
  device: string;
  /** Place among the instance's NICs; names the host's end. */
  index: number;
  instanceName: string;
  mac: string;
  ipv4: string;
}

/** Which NIC. */
export type NicOwner = Pick<Reservation, 'id' | 'device'>;

/** A reservation as the store has it. */
export type Kept = Reservation & { modRevision: bigint };

/** All reservations in memory, by instance and by what they hold. */
export class NicIndex {
  readonly #byId = new Map<InstanceId, Map<string, Kept>>();
  readonly #holders = new Map<string, NicOwner>();

  find({ id, device }: NicOwner): Kept | undefined {
    return this.#byId.get(id)?.get(device);
  }

  /** In the order of their places. */
  of(id: InstanceId): Kept[] {
    return [...(this.#byId.get(id)?.values() ?? [])].sort((a, b) => a.index - b.index);
  }

  all(): Kept[] {
    return [...this.#byId.values()].flatMap((devices) => [...devices.values()]);
  }

  /** Who has this MAC or address. */
  holderOf(macOrAddress: string): NicOwner | undefined {
    return this.#holders.get(macOrAddress);
  }

  /** Notes that somebody has this MAC or address, or that nobody has. */
  setHolder(macOrAddress: string, owner: NicOwner | undefined): void {
    if (owner) this.#holders.set(macOrAddress, owner);
    else this.#holders.delete(macOrAddress);
  }

  /** In place of what the NIC had before. */
  put(kept: Kept): void {
    this.remove(kept);
    const devices = this.#byId.get(kept.id) ?? new Map<string, Kept>();
    this.#byId.set(kept.id, devices.set(kept.device, kept));
    for (const name of [kept.mac, kept.ipv4]) this.setHolder(name, { id: kept.id, device: kept.device });
  }

  remove(owner: NicOwner): void {
    const kept = this.find(owner);
    if (!kept) return;
    for (const name of [kept.mac, kept.ipv4]) this.setHolder(name, undefined);
    const devices = this.#byId.get(owner.id);
    devices?.delete(owner.device);
    if (devices?.size === 0) this.#byId.delete(owner.id);
  }

  clear(): void {
    this.#byId.clear();
    this.#holders.clear();
  }
}
