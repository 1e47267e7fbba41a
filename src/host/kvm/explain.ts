import type { KvmHost } from '#model/kvm.ts';

/** Why something is as it is, and what would change it. */
export interface Explanation {
  reason: string;
  remedy: string;
}

const instead = 'Until then virtual machines run in software (QEMU’s TCG), which is slower.';

/** Why there is no KVM on a host whose device cannot be opened. */
export function explainNoDevice(host: KvmHost): Explanation {
  const { remedy, reason } = cause(host);
  return { reason, remedy: `${remedy} ${instead}` };
}

function cause(host: KvmHost): Explanation {
  if (host.architecture !== 'x64') {
    return {
      reason: `The engine knows KVM of x86-64 only, and this processor is ${host.architecture}.`,
      remedy: 'Use a host with an x86-64 processor.',
    };
  }
  if (host.device === 'forbidden') return forbidden(host);
  if (host.device === 'broken') return broken(host);
  return host.processor.hasVmx || host.processor.hasSvm ? noDriver(host) : noSupport(host);
}

const forbidden = ({ deviceError = '' }: KvmHost): Explanation =>
  deviceError.startsWith('EPERM')
    ? {
        reason:
          '/dev/kvm is there, but this process may not open it, whoever it is: a container forbids the device.',
        remedy: 'Give the container the device (character device 10:232), or run this outside of it.',
      }
    : {
        reason: '/dev/kvm is there, but you may not open it.',
        remedy: 'Run this as root, or join the group kvm and log in again: sudo usermod -aG kvm "$USER".',
      };

const broken = ({ deviceError = '' }: KvmHost): Explanation => ({
  reason: `/dev/kvm is there, but the kernel does not open it: ${deviceError}.`,
  remedy:
    'A driver may have failed to start: look at dmesg for lines with kvm, then load it again with modprobe.',
});

/** The processor can; who is missing is the kernel's driver for it. */
function noDriver({ processor, modules }: KvmHost): Explanation {
  const [technique, driver] = processor.hasVmx ? ['VT-x', 'kvm_intel'] : ['AMD-V', 'kvm_amd'];
  if (modules.includes(driver)) {
    return {
      reason: `The processor has ${technique} and the module ${driver} is loaded, but there is no /dev/kvm here.`,
      remedy: 'Inside a container: give it the device. Elsewhere: udev makes it; or mknod /dev/kvm c 10 232.',
    };
  }
  return {
    reason: `The processor has ${technique}, but the kernel module ${driver} is not loaded.`,
    remedy: `Load it: modprobe ${driver}. If it refuses ("disabled by bios"), turn ${technique} on in the firmware’s setup.`,
  };
}

function noSupport({ processor }: KvmHost): Explanation {
  if (processor.isVirtual) {
    return {
      reason:
        'This host is a virtual machine itself, and the hypervisor below shows its processor without VT-x and AMD-V.',
      remedy:
        'Turn nested virtualization on below: for KVM kvm_intel.nested=1 or kvm_amd.nested=1 and the CPU model host; clouds have sizes with it.',
    };
  }
  return {
    reason: 'The processor shows neither VT-x (vmx) nor AMD-V (svm) in /proc/cpuinfo.',
    remedy:
      'Turn it on in the firmware’s setup (Intel Virtualization Technology, SVM Mode); a few old processors have neither.',
  };
}
