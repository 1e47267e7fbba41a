import { examine } from '#host/doctor/doctor.ts';
import { realHost } from '#host/doctor/real-host.ts';
import type { Programs } from '#host/process/programs.ts';
import type { DoctorReport } from '#model/doctor.ts';
import type { KvmVerdicts } from './kvm-verdicts.ts';

export interface HostDoctorDeps {
  programs: Programs;
  kvm: Pick<KvmVerdicts, 'get'>;
  stateFolder: string;
  isDefaultFolder: boolean;
}

/** Checks the host that the daemon runs on. */
export class HostDoctor {
  readonly #deps: HostDoctorDeps;

  constructor(deps: HostDoctorDeps) {
    this.#deps = deps;
  }

  /** With `fix` it also does what is safe and helps. Never rejects for what the host lacks. */
  async examine({ fix }: { fix: boolean }): Promise<DoctorReport> {
    const { kvm, ...where } = this.#deps;
    const host = await realHost({ ...where, kvm: async () => (await kvm.get()).verdict });
    return await examine(host, { fix });
  }
}
