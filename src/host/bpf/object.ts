/** At what in a cgroup a program runs, by the name of its section in the source. */
export const attachments = {
  sock_create: { programType: 9, attachType: 2 },
  sock_release: { programType: 9, attachType: 34 },
  sock_ops: { programType: 13, attachType: 3 },
  ingress: { programType: 8, attachType: 0 },
} as const satisfies Record<string, { programType: number; attachType: number }>;

export type Attachment = keyof typeof attachments;

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
