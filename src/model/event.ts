import type { OperationView } from './operation.ts';

/** Something that happened. The API's event stream and the daemon's own parts listen to these. */
export type WadahEvent = { timestamp: string; project: string } & EventBody;

export type EventBody =
  | {
      type: 'lifecycle';
      /** `instance-started`, `image-deleted` … as Incus names them. */
      action: string;
      /** API path of what it happened to. */
      source: string;
      context: Record<string, unknown>;
    }
  | { type: 'operation'; operation: OperationView }
  | { type: 'logging'; level: string; message: string; context: Record<string, string> };
