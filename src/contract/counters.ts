import { Type, type Static } from 'typebox';
import { mapOf } from './schema.ts';

const unknown = 'Absent where this host does not know it';

export const Counter = Type.Object(
  {
    unit: Type.Enum(['items', 'bytes']),
    ability: Type.Enum(['limited', 'counted', 'none'], {
      description: 'What this host can do: keep it below a limit, tell how much is held, or neither',
    }),
    reason: Type.String({ description: 'By what, or why not' }),
    held: Type.Optional(Type.Integer({ description: `In use now. ${unknown}` })),
    peak: Type.Optional(Type.Integer({ description: 'The most that was ever in use, over restarts' })),
    barrier: Type.Optional(Type.Integer({ description: 'Where the kernel begins to press' })),
    limit: Type.Optional(Type.Integer({ description: 'Absent: none' })),
    refusals: Type.Optional(
      Type.Integer({ description: `How often the limit has refused something, over restarts. ${unknown}` }),
    ),
  },
  { $id: 'Counter' },
);

const Pressure = Type.Object(
  {
    some_us: Type.Integer({
      description: 'Microseconds for which one of its processes at least had to wait',
    }),
    full_us: Type.Integer({ description: 'Microseconds for which all of them had to wait at once' }),
  },
  { $id: 'Pressure' },
);

const Disk = Type.Object(
  {
    read_bytes: Type.Integer({ description: 'What goes to a loop device goes on to another disk' }),
    written_bytes: Type.Integer(),
    reads: Type.Integer(),
    writes: Type.Integer(),
  },
  { $id: 'DiskTraffic' },
);

const Drops = Type.Object(
  {
    packets_dropped_inbound: Type.Integer({ description: 'For whatever limits its rate as well' }),
    packets_dropped_outbound: Type.Integer({ description: 'For whatever limits its rate as well' }),
  },
  { $id: 'PacketDrops' },
);

/** What only grows. */
const Flows = Type.Object(
  {
    cpu: Type.Object({
      usage_ns: Type.Integer(),
      throttled_periods: Type.Integer({
        description: 'How often it had used up its time before the end of a period',
      }),
      throttled_us: Type.Integer(),
    }),
    pressure: mapOf(Pressure),
    io: mapOf(Disk),
    network: mapOf(Drops),
  },
  { $id: 'CountedFlows' },
);

/** What an instance holds and was refused, and how long it had to wait. */
export const InstanceCounters = Type.Object(
  {
    counters: mapOf(Counter),
    run: Type.Union([Flows, Type.Null({ description: 'It does not run' })]),
    total: Flows,
  },
  { $id: 'InstanceCounters' },
);
export type InstanceCounters = Static<typeof InstanceCounters>;
