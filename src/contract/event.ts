import { Type, type Static } from 'typebox';
import { Operation } from './operation.ts';
import { AnyMap, TextMap, Timestamp } from './schema.ts';

const common = { timestamp: Timestamp, location: Type.String(), project: Type.String() };

export const eventTypes = ['lifecycle', 'operation', 'logging'] as const;
export type EventType = (typeof eventTypes)[number];

export const Lifecycle = Type.Object(
  {
    action: Type.String({ description: '`instance-started`, `image-deleted` …' }),
    source: Type.String({ description: 'API path of what it happened to' }),
    context: AnyMap,
  },
  { $id: 'Lifecycle' },
);

export const LogLine = Type.Object(
  { message: Type.String(), level: Type.String(), context: TextMap },
  { $id: 'LogLine' },
);

/** One text frame of `GET /1.0/events`. */
export const Event = Type.Union(
  [
    Type.Object({ type: Type.Literal('lifecycle'), ...common, metadata: Lifecycle }),
    Type.Object({ type: Type.Literal('operation'), ...common, metadata: Operation }),
    Type.Object({ type: Type.Literal('logging'), ...common, metadata: LogLine }),
  ],
  { $id: 'Event' },
);
export type Event = Static<typeof Event>;
