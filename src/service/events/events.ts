import type { EventBody, WadahEvent } from '#model/event.ts';

/** Carries events from where they happen to everybody who listens. */
export interface Events {
  publish(project: string, event: EventBody): void;
  /** Returns a function that ends the subscription. */
  subscribe(listener: (event: WadahEvent) => void): () => void;
}
