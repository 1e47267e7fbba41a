import type { Logger } from '#base/logger.ts';
import { askEngine } from '#host/kvm/ask-engine.ts';
import { readKvmHost } from '#host/kvm/host-facts.ts';
import type { QemuCpuProbe } from '#host/kvm/qemu-probe.ts';
import { probeQemuCpu } from '#host/kvm/qemu-probe.ts';
import { conditionsOf, verdictKey } from '#host/kvm/verdict.ts';
import type { Programs } from '#host/process/programs.ts';
import type { KvmVerdict } from '#model/kvm.ts';
import type { Store } from '#store/store.ts';

/** What was found out about KVM on this host, for as long as nothing that it depends on changes. */
export interface KvmFindings {
  verdict: KvmVerdict;
  /** Which CPU model QEMU runs guests with under KVM; absent without QEMU, or where KVM runs nothing. */
  qemuCpu?: QemuCpuProbe;
}

export interface KvmVerdictsDeps {
  programs: Programs;
  /** The daemon's runtime folder. */
  run: string;
  /** Path of the KVM engine's program. */
  engine: string;
  nodeStore: Store;
  logger: Logger;
}

const key = 'kvm-verdict';

interface Remembered {
  conditions: string;
  findings: KvmFindings;
}

/** Finds out in the background what KVM does on this host, and remembers it while kernel, processor and QEMU stay. */
export class KvmVerdicts {
  readonly #deps: KvmVerdictsDeps;
  readonly #closing = new AbortController();
  #finding: Promise<KvmFindings> | undefined;
  #found: KvmFindings | undefined;

  constructor(deps: KvmVerdictsDeps) {
    this.#deps = deps;
  }

  /** Begins. Nobody has to wait for it. */
  open(): void {
    this.get().catch((error: unknown) => {
      if (!this.#closing.signal.aborted)
        this.#deps.logger.warn({ err: error }, 'could not find out what KVM does here');
    });
  }

  /** What is known by now. */
  known(): KvmFindings | undefined {
    return this.#found;
  }

  /** Waits until it is known. */
  async get(): Promise<KvmFindings> {
    this.#finding ??= this.#find();
    this.#found = await this.#finding;
    return this.#found;
  }

  /** Gives up what is not known yet, and leaves no program of it behind. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#finding?.catch(() => undefined);
  }

  async #find(): Promise<KvmFindings> {
    const { nodeStore, logger } = this.#deps;
    const qemuVersion = await this.#qemuVersion();
    const conditions = verdictKey(conditionsOf(readKvmHost(), qemuVersion));
    const before = (await nodeStore.get<Remembered>(key))?.value;
    if (before?.conditions === conditions) return before.findings;
    const findings = await this.#measure(qemuVersion !== undefined);
    const { verdict, reason } = findings.verdict;
    logger.info({ verdict, reason }, `KVM on this host: ${verdict}`);
    // One that measured nothing may be the fault of a moment: the next start of the daemon asks again.
    if (findings.verdict.measurement) {
      await nodeStore.transact({ writes: [{ put: key, value: { conditions, findings } }] });
    }
    return findings;
  }

  async #measure(hasQemu: boolean): Promise<KvmFindings> {
    const { programs, engine, run } = this.#deps;
    const { signal } = this.#closing;
    const { verdict } = await askEngine(programs, engine, signal);
    if (verdict.verdict === 'none' || !hasQemu) return { verdict };
    return { verdict, qemuCpu: await probeQemuCpu(programs, run, signal) };
  }

  async #qemuVersion(): Promise<string | undefined> {
    const { programs } = this.#deps;
    const asked = programs.run(['qemu-system-x86_64', '--version'], { signal: this.#closing.signal });
    const { stdout } = await asked.catch(() => ({ stdout: '' }));
    return /version (\S+)/.exec(stdout)?.[1];
  }
}
