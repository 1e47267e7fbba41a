import { Type, type Static, type TSchema } from 'typebox';
import { faultCodes } from '#model/fault.ts';
import { Operation } from './operation.ts';

/** What Wadah adds to every error: the permanent code, and what to do about it. */
export const FaultNote = Type.Object(
  {
    code: Type.Enum([...faultCodes]),
    hint: Type.Optional(Type.String()),
  },
  { $id: 'FaultNote' },
);
export type FaultNote = Static<typeof FaultNote>;

/** An answer at once: 200, or 201 with the new object's path in `Location`. */
export const SyncAnswer = <T extends TSchema>(metadata: T) =>
  Type.Object({
    type: Type.Literal('sync'),
    status: Type.Literal('Success'),
    status_code: Type.Literal(200),
    operation: Type.Literal(''),
    error_code: Type.Literal(0),
    error: Type.Literal(''),
    metadata,
  });

/** 202: the work has begun, `operation` is its path. */
export const AsyncAnswer = Type.Object(
  {
    type: Type.Literal('async'),
    status: Type.Literal('Operation created'),
    status_code: Type.Literal(100),
    operation: Type.String(),
    error_code: Type.Literal(0),
    error: Type.Literal(''),
    metadata: Operation,
  },
  { $id: 'AsyncAnswer' },
);
export type AsyncAnswer = Static<typeof AsyncAnswer>;

export const ErrorAnswer = Type.Object(
  {
    type: Type.Literal('error'),
    status: Type.Literal(''),
    status_code: Type.Literal(0),
    operation: Type.Literal(''),
    /** The HTTP status again. */
    error_code: Type.Integer(),
    error: Type.String(),
    metadata: Type.Null(),
    wadah: FaultNote,
  },
  { $id: 'ErrorAnswer' },
);
export type ErrorAnswer = Static<typeof ErrorAnswer>;
