import type { InstanceId } from '#model/instance.ts';
import type { ProxyAnswer, ProxyRequest } from '../protocol.ts';
import { ServedGuest } from './served-guest.ts';

/** All that this program serves. What ends is let go of by itself, whether the daemon lives or not. */
export class ServedGuests {
  readonly #guests = new Map<InstanceId, ServedGuest>();

  /** Does what the daemon asks. Throws faults. */
  async answer(request: ProxyRequest): Promise<ProxyAnswer> {
    switch (request.do) {
      case 'list':
        return { ids: [...this.#guests.keys()] };
      case 'forget':
        await this.#forget(request.id);
        return {};
      case 'serve':
        await this.#serve(request);
        return {};
    }
  }

  async forgetAll(): Promise<void> {
    for (const id of [...this.#guests.keys()]) await this.#forget(id);
  }

  async #serve({ guest, forwards }: Extract<ProxyRequest, { do: 'serve' }>): Promise<void> {
    const { id } = guest;
    if (!this.#guests.get(id)?.is(guest)) await this.#forget(id); // it has been started again
    const known = this.#guests.get(id);
    const served = known ?? new ServedGuest(guest, () => this.#ended(id, served));
    try {
      await served.serve(forwards);
      this.#guests.set(id, served);
    } catch (error) {
      if (!known) await served.end();
      throw error;
    }
  }

  #ended(id: InstanceId, served: ServedGuest): void {
    if (this.#guests.get(id) === served) void this.#forget(id);
  }

  async #forget(id: InstanceId): Promise<void> {
    const served = this.#guests.get(id);
    this.#guests.delete(id);
    await served?.end();
  }
}
