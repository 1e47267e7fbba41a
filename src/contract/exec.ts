import { Type, type Static } from 'typebox';
import { TextMap, notServed, orNull } from './schema.ts';

const Size = Type.Integer({ minimum: 0, maximum: 65_535 });

/**
 * Runs a program. With `wait-for-websocket` the answer's `metadata.fds` maps `0`, `1`, `2` and `control` (with
 * `interactive`: `0` and `control`) to secrets for `/1.0/operations/{id}/websocket?secret=`, and the program
 * starts when they are connected. At the end `metadata.return` is its exit status.
 */
export const ExecPost = Type.Object(
  {
    command: Type.Array(Type.String(), { minItems: 1 }),
    'wait-for-websocket': Type.Optional(Type.Boolean()),
    interactive: Type.Optional(Type.Boolean({ description: 'One terminal instead of three streams' })),
    'record-output': Type.Optional(
      Type.Boolean({ description: 'Without websockets: keep what it writes, see `metadata.output`' }),
    ),
    environment: orNull(TextMap),
    width: Type.Optional(Size),
    height: Type.Optional(Size),
    user: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_294 })),
    group: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_294 })),
    cwd: Type.Optional(Type.String({ description: "Absolute path; empty: the user's home or /" })),
  },
  { $id: 'ExecPost' },
);
export type ExecPost = Static<typeof ExecPost>;

export const ConsolePost = Type.Object(
  {
    width: Type.Optional(Size),
    height: Type.Optional(Size),
    type: Type.Optional(Type.Enum(['', 'console', 'vga'])),
    force: notServed('taking over a console'),
  },
  { $id: 'ConsolePost' },
);
export type ConsolePost = Static<typeof ConsolePost>;

/** What clients send as text on the `control` websocket of exec and console. */
export const SessionControl = Type.Union(
  [
    Type.Object({
      command: Type.Literal('window-resize'),
      args: Type.Object({
        width: Type.String({ pattern: '^[0-9]{1,5}$' }),
        height: Type.String({ pattern: '^[0-9]{1,5}$' }),
      }),
    }),
    Type.Object({
      command: Type.Literal('signal'),
      signal: Type.Integer({ minimum: 1, maximum: 64 }),
    }),
  ],
  { $id: 'SessionControl' },
);
export type SessionControl = Static<typeof SessionControl>;

/** Operation metadata of exec and console before their end. */
export const SessionMetadata = Type.Object(
  {
    fds: TextMap,
    command: Type.Optional(Type.Array(Type.String())),
    environment: Type.Optional(TextMap),
    interactive: Type.Optional(Type.Boolean()),
  },
  { $id: 'SessionMetadata' },
);
export type SessionMetadata = Static<typeof SessionMetadata>;

/** Operation metadata of an exec at its end. */
export const ExecResult = Type.Object(
  {
    return: Type.Integer({ description: '126: cannot be run, 127: not found, 128 + n: ended by signal n' }),
    output: Type.Optional(TextMap),
  },
  { $id: 'ExecResult' },
);
export type ExecResult = Static<typeof ExecResult>;
