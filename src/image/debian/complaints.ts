import { Fault } from '#model/fault.ts';

/** What of all that mmdebstrap, apt and dpkg print tells why a build failed: the first thing, not the last. */
export class Complaints {
  #first: string | undefined;
  #isDiskFull = false;

  read(line: string): void {
    if (line.includes('No space left on device')) this.#isDiskFull = true;
    const complaint = /^(?:E|dpkg: error): *(.+)/.exec(line)?.[1];
    if (complaint !== undefined) this.#first ??= complaint;
  }

  /** The failure of the program that printed them, in words that lead somewhere. */
  explain(failure: Fault, purpose: string, mirror: string): Fault {
    const { cause } = failure;
    if (this.#isDiskFull) {
      const hint = 'Free some of it, or delete images that nobody uses: wadah image list.';
      return new Fault('insufficient', `Cannot ${purpose}: the disk is full`, { hint, cause });
    }
    if (this.#first === undefined) return failure;
    const message = `Cannot ${purpose}: ${this.#first.replace(/\s+/g, ' ')}`;
    if (!/fetch|resolv|connect|download/i.test(this.#first)) return new Fault('host', message, { cause });
    const hint = `Check that this host reaches ${mirror}: apt-get update.`;
    return new Fault('unavailable', message, { hint, cause });
  }
}
