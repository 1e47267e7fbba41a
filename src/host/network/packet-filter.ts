import { isDeepStrictEqual } from 'node:util';
import { Batches } from '#base/batches.ts';
import type { Programs } from '../process/programs.ts';
import type { GuestNic, RulesetPlan } from './ruleset.ts';
import { renderElements, renderRemoval, renderRuleset } from './ruleset.ts';

type Change = { admit: GuestNic } | { dismiss: string };

/**
 * The host's nftables of one network. Between `open` and `remove` a guest's NIC is let through from `admit` to
 * `dismiss`. Each of these adds or removes a few elements of sets; a crowd of them shares one run of `nft`.
 */
export class PacketFilter {
  readonly #programs: Programs;
  readonly #changes = new Batches<Change>((changes) => this.#apply(changes));
  #plan: RulesetPlan | undefined;
  /** By link: what the sets hold. */
  #guests = new Map<string, GuestNic>();

  constructor(programs: Programs) {
    this.#programs = programs;
  }

  /** Makes the tables, with the guests that run already, in place of what a daemon before left. */
  async open(plan: RulesetPlan, guests: readonly GuestNic[]): Promise<void> {
    await this.#nft(renderRuleset(plan, guests));
    this.#plan = plan;
    this.#guests = new Map(guests.map((guest) => [guest.link, guest]));
  }

  async admit(guest: GuestNic): Promise<void> {
    await this.#changes.add({ admit: guest });
  }

  /** Never admitted: succeeds. */
  async dismiss(link: string): Promise<void> {
    await this.#changes.add({ dismiss: link });
  }

  isAdmitted(link: string): boolean {
    return this.#guests.has(link);
  }

  /** Takes the tables of that name away. Nothing there: succeeds. */
  async remove(table: string): Promise<void> {
    await this.#nft(renderRemoval(table));
    this.#guests.clear();
  }

  async #apply(changes: readonly Change[]): Promise<void> {
    const plan = this.#plan;
    if (!plan) throw new Error('The packet filter is not open');
    const before = this.#guests;
    const after = new Map(before);
    for (const change of changes) {
      if ('admit' in change) after.set(change.admit.link, change.admit);
      else after.delete(change.dismiss);
    }
    const gone = [...before.values()].filter((guest) => !isDeepStrictEqual(after.get(guest.link), guest));
    const come = [...after.values()].filter((guest) => !isDeepStrictEqual(before.get(guest.link), guest));
    if (gone.length === 0 && come.length === 0) return;
    await this.#exchange(plan, gone, come, [...after.values()]);
    this.#guests = after;
  }

  async #exchange(
    plan: RulesetPlan,
    gone: readonly GuestNic[],
    come: readonly GuestNic[],
    all: readonly GuestNic[],
  ): Promise<void> {
    const lines = [
      ...renderElements('delete', plan.table, gone),
      ...renderElements('add', plan.table, come),
      '',
    ];
    try {
      await this.#nft(lines.join('\n'));
    } catch {
      // Services that load a rule set flush those of everybody first: then ours is made again as a whole.
      await this.#nft(renderRuleset(plan, all));
    }
  }

  async #nft(script: string): Promise<void> {
    await this.#programs.run(['nft', '-f', '-'], { input: script, purpose: 'set packet filter rules' });
  }
}
