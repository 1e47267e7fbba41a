import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '#base/logger.ts';
import type { Forward } from '#model/device.ts';
import { asFault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { bindDatagram, listenStream } from '../sys/sockets.ts';
import { requireNoClash } from './clashes.ts';
import { cannotListen } from './faults.ts';
import { renderNat } from './nat-rules.ts';
import { NatTables } from './nat-tables.ts';
import type { ProxiedGuest, Proxies } from './proxies.ts';
import { ProxyProgram, type ProxyProgramOptions } from './proxy-program.ts';
import { Relays } from './relays.ts';
import { routesOf } from './routes.ts';

interface Served {
  guest: ProxiedGuest;
  name: string;
  forwards: readonly Forward[];
}

/** By one program for all that has to be connected anew, and by the kernel where addresses are only translated. */
export class HostProxies implements Proxies {
  readonly #relays: Relays;
  readonly #tables: NatTables;
  readonly #logger: Logger;
  readonly #served = new Map<InstanceId, Served>();

  /** `folder`: of its own, in the daemon's runtime folder. */
  static make({
    mark,
    logger,
    ...options
  }: ProxyProgramOptions & { mark: string; logger: Logger }): HostProxies {
    const relays = new Relays(new ProxyProgram(options), logger);
    const tables = new NatTables(options.programs, mark, join(options.folder, 'nat'));
    return new HostProxies({ relays, tables, logger });
  }

  constructor({ relays, tables, logger }: { relays: Relays; tables: NatTables; logger: Logger }) {
    this.#relays = relays;
    this.#tables = tables;
    this.#logger = logger;
  }

  async open(): Promise<void> {
    await this.#relays.open();
  }

  close(): void {
    this.#relays.close();
  }

  async remove(): Promise<void> {
    await this.#tables.removeAll();
    await this.#relays.remove();
  }

  async serve(guest: ProxiedGuest, forwards: readonly Forward[]): Promise<void> {
    const before = this.#served.get(guest.id);
    if (forwards.length === 0 && !before) return;
    const mine = { guest, name: guest.name, forwards };
    requireNoClash(mine, this.#others(guest.id));
    this.#served.set(guest.id, mine); // whoever comes meanwhile must see it
    try {
      await this.#relay(mine);
      for (const forward of forwards) if (forward.isNat) requireFree(forward);
      await this.#translate(mine);
    } catch (error) {
      if (before) await this.takeUp(before.guest, before.forwards);
      else await this.forget(guest.id);
      throw error;
    }
  }

  async takeUp(guest: ProxiedGuest, forwards: readonly Forward[]): Promise<void> {
    if (forwards.length === 0) return this.forget(guest.id);
    const mine = { guest, name: guest.name, forwards };
    this.#served.set(guest.id, mine);
    try {
      await this.#relay(mine);
      await this.#translate(mine);
    } catch (error) {
      const fault = asFault(error).message;
      this.#logger.error({ instance: guest.name, fault }, 'the proxies of an instance could not be taken up');
    }
  }

  async forget(id: InstanceId): Promise<void> {
    this.#served.delete(id);
    await this.#relays.forget(id);
    await this.#tables.remove(id);
  }

  #others(id: InstanceId): Served[] {
    return [...this.#served.values()].filter(({ guest }) => guest.id !== id);
  }

  async #relay({ guest: { id, running }, forwards }: Served): Promise<void> {
    const relayed = forwards.filter(({ isNat }) => !isNat);
    if (running && relayed.length > 0) await this.#relays.serve(running, relayed);
    else await this.#relays.forget(id);
  }

  async #translate({ guest: { id, addresses }, forwards }: Served): Promise<void> {
    const translated = forwards.filter(({ isNat }) => isNat);
    if (translated.length === 0) return this.#tables.remove(id);
    await this.#tables.set(id, (table) => renderNat(table, translated, addresses));
  }
}

/** The kernel would lead away what is meant for somebody who listens. Addresses that are to come are no obstacle. */
function requireFree(forward: Forward): void {
  for (const route of routesOf(forward)) {
    const { from } = route;
    if (from.kind === 'unix') continue;
    try {
      closeSync(from.kind === 'udp' ? bindDatagram(from) : listenStream(from));
    } catch (error) {
      if (systemErrorCode(error) !== 'EADDRNOTAVAIL') throw cannotListen(route, error);
    }
  }
}
