import type { FaultCode } from './fault.ts';

/**
 * What KVM can do for virtual machines on a host: `kvm` runs whole operating systems on the processor,
 * `kvm-user-mode-only` runs a guest's programs there but its kernel in software, too slowly and incompletely for any
 * operating system, `none` runs nothing.
 */
export type KvmVerdictKind = 'kvm' | 'kvm-user-mode-only' | 'none';

export interface KvmVerdict {
  verdict: KvmVerdictKind;
  /** A sentence that says why. */
  reason: string;
  /** What would make it better; absent for `kvm`. */
  remedy?: string;
  /** What was measured; absent when no guest ran. */
  measurement?: KvmMeasurement;
  /** Of everything, from looking at the host on. */
  ms: number;
}

export interface KvmMeasurement {
  /** At the guest's highest privilege (ring 0), where its kernel runs. */
  kernelMode: LoopSpeed;
  /** Without privileges (ring 3), where its programs run. */
  userMode: LoopSpeed;
  /** How often the guest came back to us in all. */
  exits: number;
  /** From the first instruction in real mode to ring 3, without the loops. */
  bootMs: number;
}

export interface LoopSpeed {
  instructionsPerSecond: number;
  /** For how long it was measured. */
  ms: number;
  /** The part of the instructions that the kernel carried out in software, if it counts them: 0 to 1. */
  emulatedShare?: number;
}

/** `2,400 million instructions/s`; below ten million with one decimal. */
export function speedText({ instructionsPerSecond }: LoopSpeed): string {
  const millions = instructionsPerSecond / 1e6;
  const text = millions < 10 ? millions.toFixed(1) : Math.round(millions).toLocaleString('en');
  return `${text} million instructions/s`;
}

/** `long mode, ring 3`. Real mode has no rings. */
export const placeText = ({ mode, ring }: KvmPlace): string =>
  mode === 'real' ? 'real mode' : `${mode} mode, ring ${ring}`;

/** What a host shows of itself, as far as it concerns KVM. */
export interface KvmHost {
  /** As Node names it: `x64`. */
  architecture: string;
  kernelRelease: string;
  processor: {
    model: string;
    microcode: string;
    /** VT-x, Intel's support for virtual machines. */
    hasVmx: boolean;
    /** AMD-V, AMD's. */
    hasSvm: boolean;
    /** This host is a virtual machine itself. */
    isVirtual: boolean;
  };
  /** Loaded or built in: `kvm`, and the one that drives the processor, such as `kvm_intel`. */
  modules: string[];
  /** `/dev/kvm`: `broken` when it is there and cannot be opened for another reason than rights. */
  device: 'usable' | 'missing' | 'forbidden' | 'broken';
  /** What the kernel says of opening it, when that fails. */
  deviceError?: string;
}

export interface KvmCapability {
  name: string;
  /** 0: not here; else that, or how many. */
  value: number;
  help: string;
}

/** Everything that the engine can tell of this host. */
export interface KvmInfo {
  verdict: KvmVerdict;
  host: KvmHost;
  /** Version of the kernel's interface, when the device could be opened. */
  apiVersion?: number;
  capabilities: KvmCapability[];
}

export type KvmMode = 'real' | 'protected' | 'long';

/** In which mode of the processor a guest is, and with which privilege: 0 is the highest. */
export interface KvmPlace {
  mode: KvmMode;
  ring: 0 | 1 | 2 | 3;
}

/** One thing that happens while a guest is traced. Times are milliseconds since its first instruction. */
export type KvmTraceEvent =
  | {
      kind: 'place';
      atMs: number;
      place: KvmPlace;
      /** What this mode is and how the guest got there. */
      about: string;
    }
  | {
      kind: 'exits';
      atMs: number;
      place: KvmPlace;
      /** Address of the next instruction after the last of them. */
      rip: string;
      /** Alike and one after the other. */
      count: number;
      /** The kernel's name of the reason. */
      reason: string;
      /** What the guest did. */
      did: string;
      /** What we answered. */
      answer: string;
      /** In the guest and in the kernel, for all of them. */
      guestMs: number;
      /** In this program, between them. */
      engineMs: number;
    }
  /** Something that we do to the guest of our own accord. */
  | { kind: 'act'; atMs: number; about: string };

/** Where a guest spent its time. */
export interface KvmTraceRow {
  place: KvmPlace;
  exits: number;
  /** How many for each reason. */
  reasons: Record<string, number>;
  guestMs: number;
  engineMs: number;
}

export interface KvmTraceSummary {
  rows: KvmTraceRow[];
  /** Of the kernel's own counters, those that show what never reached us. */
  kernelCounters: Record<string, number>;
  ms: number;
}

/** What the engine's program is asked. */
export type KvmRequest = { do: 'info' } | { do: 'trace'; everyExit: boolean };

/** What it answers, one JSON document a line: to `info` one `info`, to `trace` events and a `summary`; or a `fault`. */
export type KvmAnswer =
  | { type: 'info'; info: KvmInfo }
  | { type: 'event'; event: KvmTraceEvent }
  | { type: 'summary'; summary: KvmTraceSummary }
  | { type: 'fault'; code: FaultCode; message: string; hint?: string | undefined };
