import { Type, type Static } from 'typebox';
import { TextMap } from './schema.ts';

/** A network of the host. So far the one managed bridge, to be read only. */
export const Network = Type.Object(
  {
    config: TextMap,
    description: Type.String(),
    locations: Type.Array(Type.String()),
    managed: Type.Boolean(),
    name: Type.String(),
    project: Type.String(),
    status: Type.String(),
    type: Type.String(),
    used_by: Type.Array(Type.String()),
  },
  { $id: 'Network' },
);
export type Network = Static<typeof Network>;
