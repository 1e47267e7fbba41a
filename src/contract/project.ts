import { Type, type Static } from 'typebox';
import { TextMap } from './schema.ts';

export const Project = Type.Object(
  {
    config: TextMap,
    description: Type.String(),
    name: Type.String(),
    used_by: Type.Array(Type.String()),
  },
  { $id: 'Project' },
);
export type Project = Static<typeof Project>;
