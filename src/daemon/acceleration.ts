import type { Acceleration, Accelerator } from '#engine/vm/acceleration.ts';
import { emulation } from '#engine/vm/acceleration.ts';
import type { AccelChoice } from '#model/config-keys.ts';
import { Fault } from '#model/fault.ts';
import type { KvmFindings } from '#service/host/kvm-verdicts.ts';

/** Decides by what was measured, not by what is there: see docs/subsystems/kvm.md. */
export class MeasuredAcceleration implements Acceleration {
  readonly #findings: () => Promise<KvmFindings>;

  constructor(findings: () => Promise<KvmFindings>) {
    this.#findings = findings;
  }

  async choose(wish: AccelChoice): Promise<Accelerator> {
    if (wish === 'tcg') return emulation;
    const { verdict, qemuCpu } = await this.#findings();
    const cpu = qemuCpu?.model;
    if (wish === 'auto') return verdict.verdict === 'kvm' && cpu ? { accel: 'kvm', cpu } : emulation;
    if (verdict.verdict !== 'none' && cpu) return { accel: 'kvm', cpu };
    const reason = verdict.verdict === 'none' ? verdict.reason : qemuReason(qemuCpu);
    throw new Fault('unsupported', `KVM runs no guest here: ${reason}`, {
      hint: verdict.remedy ?? 'Unset vm.accel: the guest then runs in software.',
    });
  }
}

/** KVM runs guests, but QEMU found no processor that it can give them. */
const qemuReason = (probe: KvmFindings['qemuCpu']): string =>
  `QEMU aborts with every processor that it could show (${probe?.trials.at(-1)?.said ?? 'none was tried'})`;
