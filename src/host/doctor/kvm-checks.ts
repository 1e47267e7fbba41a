import { type Check, ok, warning } from './check.ts';

const kvm: Check = {
  name: 'kvm',
  area: 'virtualization',
  about: 'what KVM does for virtual machines, as measured with a tiny guest; `wadah kvm info` says more',
  meaning: 'Virtual machines run all the same, but in software: ten to a hundred times slower.',
  remedy:
    'What helps depends on what is missing: VT-x or AMD-V in the firmware’s setup, its module, nested virtualization.',
  needsRoot: true,
  async run(host) {
    const { verdict, reason, remedy = '' } = await host.kvm();
    const what = `${verdict}: ${reason}`;
    return verdict === 'kvm' ? ok(what) : warning(what, { remedy });
  },
};

export const kvmChecks: readonly Check[] = [kvm];
