import { Type, type Static } from 'typebox';
import { faultCodes } from '#model/fault.ts';
import { AnyMap, Timestamp, mapOf } from './schema.ts';

/** What Wadah adds to the dialect's operation. */
export const OperationNote = Type.Object(
  {
    kind: Type.String({ description: '`instance.create`, `image.build` …' }),
    progress: Type.Optional(
      Type.Object({
        stage: Type.String(),
        percent: Type.Optional(Type.Number({ description: '0 to 100, where it is known' })),
        bytes_per_second: Type.Optional(Type.Number()),
      }),
    ),
    fault: Type.Optional(
      Type.Object({
        code: Type.Enum([...faultCodes]),
        message: Type.String(),
        hint: Type.Optional(Type.String()),
      }),
    ),
  },
  { $id: 'OperationNote' },
);
export type OperationNote = Static<typeof OperationNote>;

export const operationStatuses = [
  'Pending',
  'Running',
  'Cancelling',
  'Success',
  'Failure',
  'Cancelled',
] as const;

/** A long job. It is over when `status_code` is 200 or more. */
export const Operation = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    class: Type.Enum(['task', 'websocket']),
    description: Type.String(),
    created_at: Timestamp,
    updated_at: Timestamp,
    status: Type.Enum([...operationStatuses]),
    status_code: Type.Integer(),
    resources: mapOf(Type.Array(Type.String())),
    /** What came out of it, with `fds` of sessions, and texts of progress under keys that end in `_progress`. */
    metadata: AnyMap,
    may_cancel: Type.Boolean(),
    err: Type.String(),
    location: Type.String(),
    wadah: OperationNote,
  },
  { $id: 'Operation' },
);
export type Operation = Static<typeof Operation>;

/** Operations, or with `recursion=0` their paths, under their status in lower case: `running`, `success` … */
export const OperationsByStatus = mapOf(Type.Array(Type.Union([Operation, Type.String()])));
export type OperationsByStatus = Static<typeof OperationsByStatus>;
