import { Type, type Static } from 'typebox';
import { instanceTypes } from '#model/instance.ts';
import { InstanceState, instanceStatuses } from './instance-state.ts';
import { Devices, TextMap, Timestamp, ignoring, notServed, orNull } from './schema.ts';

const writable = {
  architecture: Type.String(),
  config: TextMap,
  description: Type.String(),
  devices: Devices,
  ephemeral: Type.Boolean({ description: 'Deleted as soon as it stops' }),
  profiles: Type.Array(Type.String()),
};

/** `null`: nothing. */
const PendingChange = Type.Object(
  {
    key: Type.String({
      description: 'A config key, `devices.NAME.OPTION`, or `devices.NAME` for a whole device',
    }),
    running: Type.Union([Type.Null(), Type.String()]),
    configured: Type.Union([Type.Null(), Type.String()]),
  },
  { $id: 'PendingChange' },
);

const readOnly = {
  created_at: Timestamp,
  expanded_config: TextMap,
  expanded_devices: Devices,
  last_used_at: Timestamp,
  location: Type.String(),
  name: Type.String(),
  project: Type.String(),
  stateful: Type.Boolean(),
  status: Type.Enum([...instanceStatuses]),
  status_code: Type.Integer(),
  type: Type.Enum([...instanceTypes]),
  wadah: Type.Object({
    pending: Type.Array(PendingChange, { description: 'What waits for the next start' }),
  }),
};

const additions = {
  backups: Type.Array(Type.Unknown()),
  snapshots: Type.Array(Type.Unknown()),
  state: InstanceState,
};

export const Instance = Type.Object({ ...writable, ...readOnly }, { $id: 'Instance' });
export type Instance = Static<typeof Instance>;

/** With `recursion=2` in lists, `recursion=1` for one. */
export const InstanceFull = Type.Object({ ...writable, ...readOnly, ...additions }, { $id: 'InstanceFull' });
export type InstanceFull = Static<typeof InstanceFull>;

/** The writable part. `PUT` takes what is absent or null as empty, `PATCH` leaves it as it is. */
export const InstancePut = Type.Object(
  {
    architecture: Type.Optional(Type.String({ description: 'Cannot be changed' })),
    config: orNull(writable.config),
    description: Type.Optional(writable.description),
    devices: orNull(writable.devices),
    ephemeral: Type.Optional(writable.ephemeral),
    profiles: orNull(writable.profiles),
    restore: notServed('snapshots'),
  },
  { $id: 'InstancePut', ...ignoring([...Object.keys(readOnly), ...Object.keys(additions)]) },
);
export type InstancePut = Static<typeof InstancePut>;

export const InstanceSource = Type.Object(
  {
    type: Type.String({ description: '`image`' }),
    fingerprint: Type.Optional(Type.String()),
    alias: Type.Optional(Type.String()),
    /** Facts about an image that the client has looked up already. */
    certificate: notServed('images of other servers'),
    mode: notServed('images of other servers'),
    properties: notServed('images chosen by their properties'),
    protocol: notServed('images of other servers'),
    secret: notServed('images of other servers'),
    server: notServed('images of other servers'),
    project: notServed('other projects'),
    source: notServed('copies of instances'),
    live: notServed('copies of instances'),
    refresh: notServed('copies of instances'),
    instance_only: notServed('copies of instances'),
    container_only: notServed('copies of instances'),
    operation: notServed('migration'),
    secrets: notServed('migration'),
    'base-image': notServed('migration'),
    allow_inconsistent: notServed('copies of instances'),
  },
  { $id: 'InstanceSource' },
);

export const InstancesPost = Type.Object(
  {
    name: Type.Optional(Type.String({ description: 'Absent or empty: a name is made up' })),
    type: Type.Optional(Type.Enum(['', ...instanceTypes], { description: 'Default: `container`' })),
    source: InstanceSource,
    architecture: Type.Optional(Type.String()),
    config: orNull(TextMap),
    description: Type.Optional(Type.String()),
    devices: orNull(Devices),
    ephemeral: Type.Optional(Type.Boolean()),
    profiles: orNull(Type.Array(Type.String(), { description: 'null: the profile `default`; []: none' })),
    start: Type.Optional(Type.Boolean({ description: 'Start it in the same operation' })),
    instance_type: notServed('instance types of clouds'),
    restore: notServed('snapshots'),
    stateful: notServed('snapshots'),
    migration: notServed('migration'),
  },
  { $id: 'InstancesPost' },
);
export type InstancesPost = Static<typeof InstancesPost>;

/** Renames. */
export const InstancePost = Type.Object(
  {
    name: Type.String(),
    migration: notServed('migration'),
    live: notServed('copies of instances'),
    instance_only: notServed('copies of instances'),
    container_only: notServed('copies of instances'),
    target: notServed('clusters'),
    pool: notServed('storage pools'),
    project: notServed('other projects'),
    allow_inconsistent: notServed('copies of instances'),
    config: notServed('changes while renaming'),
    devices: notServed('changes while renaming'),
    profiles: notServed('changes while renaming'),
  },
  { $id: 'InstancePost' },
);
export type InstancePost = Static<typeof InstancePost>;
