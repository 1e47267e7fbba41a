/**
 * What KVM can be asked for, by the names that its documentation uses without `KVM_CAP_`: those that say what a host is
 * able to do for virtual machines. Numbers from linux/kvm.h.
 */
export const capabilities = {
  'user-memory': { number: 3, help: "a process's own memory becomes a guest's memory" },
  'nr-vcpus': { number: 9, help: 'virtual processors of one VM that are advised' },
  'nr-memslots': { number: 10, help: 'pieces of memory of one VM' },
  'sync-mmu': { number: 16, help: 'changes of the host’s mappings reach guests at once' },
  irqchip: { number: 0, help: 'interrupt controllers in the kernel' },
  ioeventfd: { number: 36, help: 'writes to devices that wake another thread without an exit' },
  irqfd: { number: 32, help: 'interrupts sent by writing to a descriptor' },
  'tsc-deadline-timer': { number: 72, help: 'timers by the time stamp counter' },
  'max-vcpus': { number: 66, help: 'virtual processors of one VM at most' },
  'readonly-mem': { number: 81, help: 'memory that guests cannot write, for firmware' },
  'split-irqchip': { number: 121, help: 'only the local interrupt controllers in the kernel' },
  'immediate-exit': { number: 136, help: 'a run that ends at once, to finish the exit before it' },
  'nested-state': { number: 157, help: 'bytes of state of a guest that is a hypervisor itself' },
  'dirty-log-ring': { number: 192, help: 'dirty pages as a list, of so many bytes, instead of a bitmap' },
  'binary-stats-fd': { number: 203, help: 'counters of what KVM did, by descriptor' },
} as const;

export type CapabilityName = keyof typeof capabilities;
