import type { KvmDevice } from '#host/kvm/device.ts';
import type { Exit } from '#host/kvm/exits.ts';
import { mapMemory } from '#host/sys/memory-map.ts';

const codeAt = 0x1000;
const memoryBytes = 0x10000;

/** Runs a few bytes of machine code in real mode until their first exit. Memory beside them is zero. */
export function runBareGuest(device: KvmDevice, code: readonly number[]): Exit {
  const machine = device.makeMachine();
  const memory = mapMemory(memoryBytes);
  memory.bytes.set(code, codeAt);
  machine.setMemory({ slot: 0, guestAddress: 0, memory });
  const vcpu = machine.makeVcpu(0);
  try {
    const { system, general } = vcpu;
    system.moveSegment('cs', { selector: 0, base: 0n });
    vcpu.system = system;
    general.set('rip', BigInt(codeAt));
    vcpu.general = general;
    return vcpu.run();
  } finally {
    vcpu.close();
    machine.close();
    memory.close();
  }
}
