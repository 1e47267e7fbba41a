import { noLocation } from '#contract/contract.ts';
import type { Event } from '#contract/contract.ts';
import type { WadahEvent } from '#model/event.ts';
import { operationDocument } from './operation.ts';

export function eventDocument(event: WadahEvent): Event {
  const common = { timestamp: event.timestamp, location: noLocation, project: event.project };
  switch (event.type) {
    case 'lifecycle': {
      const { type, action, source, context } = event;
      return { type, ...common, metadata: { action, source, context } };
    }
    case 'operation':
      return { type: event.type, ...common, metadata: operationDocument(event.operation) };
    case 'logging': {
      const { type, message, level, context } = event;
      return { type, ...common, metadata: { message, level, context } };
    }
  }
}
