/** Where a program runs: in a cgroup, for what happens there, or everywhere. */
interface Place {
  programType: number;
  attachType: number;
  isGlobal?: true;
  /** Function of the kernel in front of which it runs, or type of the tracepoint's functions. */
  target?: string;
}

const [socketProgram, socketsOfGroup, packets, tracing, security] = [9, 13, 8, 26, 29];

/** In front of a security function, for the processes of a cgroup: the program returns 0 to refuse. */
const inGroup = (name: string): Place => ({
  programType: security,
  attachType: 43,
  target: `bpf_lsm_${name}`,
});

/** In front of a security function, for all processes. */
const everywhere = (name: string): Place => ({
  programType: security,
  attachType: 27,
  target: `bpf_lsm_${name}`,
  isGlobal: true,
});

/** At a tracepoint, for all processes. */
const tracepoint = (name: string): Place => ({
  programType: tracing,
  attachType: 23,
  target: `btf_trace_${name}`,
  isGlobal: true,
});

/** At what a program runs, by the name of its section in the source. */
export const attachments = {
  sock_create: { programType: socketProgram, attachType: 2 },
  sock_release: { programType: socketProgram, attachType: 34 },
  sock_ops: { programType: socketsOfGroup, attachType: 3 },
  ingress: { programType: packets, attachType: 0 },
  'lsm_cgroup/file_alloc_security': inGroup('file_alloc_security'),
  'lsm_cgroup/file_open': inGroup('file_open'),
  'lsm_cgroup/sk_alloc_security': inGroup('sk_alloc_security'),
  'lsm/file_free_security': everywhere('file_free_security'),
  'lsm/sk_free_security': everywhere('sk_free_security'),
  'tp_btf/sched_process_exit': tracepoint('sched_process_exit'),
} as const satisfies Record<string, Place>;

export type Attachment = keyof typeof attachments;

export const placeOf = (attachment: Attachment): Place => attachments[attachment];

/** A program as `scripts/beancounters.mjs` takes it out of what the compiler made. */
export interface ProgramObject {
  /** Name of the C function. */
  name: string;
  attachment: Attachment;
  /** Instructions of eight bytes each, in base64. */
  code: string;
  /** Instructions that need the descriptor of a map: index and the map's name. */
  maps: readonly (readonly [index: number, map: string])[];
  /** Instructions that read a field of the kernel: index and the field's dotted name. */
  fields: readonly (readonly [index: number, field: string])[];
}
