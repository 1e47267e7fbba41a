import { Type, type Static } from 'typebox';
import { Devices, TextMap, ignoring, notServed, orNull } from './schema.ts';

export const Profile = Type.Object(
  {
    config: TextMap,
    description: Type.String(),
    devices: Devices,
    name: Type.String(),
    project: Type.String(),
    used_by: Type.Array(Type.String()),
  },
  { $id: 'Profile' },
);
export type Profile = Static<typeof Profile>;

/** The writable part. `PUT` takes what is absent or null as empty, `PATCH` leaves it as it is. */
export const ProfilePut = Type.Object(
  {
    config: orNull(TextMap),
    description: Type.Optional(Type.String()),
    devices: orNull(Devices),
  },
  { $id: 'ProfilePut', ...ignoring(['name', 'project', 'used_by']) },
);
export type ProfilePut = Static<typeof ProfilePut>;

export const ProfilesPost = Type.Object(
  {
    name: Type.String(),
    config: orNull(TextMap),
    description: Type.Optional(Type.String()),
    devices: orNull(Devices),
  },
  { $id: 'ProfilesPost', ...ignoring(['project', 'used_by']) },
);
export type ProfilesPost = Static<typeof ProfilesPost>;

/** Renames. */
export const ProfilePost = Type.Object(
  {
    name: Type.String(),
    config: notServed('changes while renaming'),
    devices: notServed('changes while renaming'),
    description: notServed('changes while renaming'),
  },
  { $id: 'ProfilePost' },
);
export type ProfilePost = Static<typeof ProfilePost>;
