import type { Logger } from '#base/logger.ts';
import type { EventBody, WadahEvent } from '#model/event.ts';
import type { Events } from './events.ts';

type Listener = (event: WadahEvent) => void;

/** Events within this daemon. A listener that throws is logged and hurts nobody else. */
export class EventHub implements Events {
  readonly #listeners = new Set<Listener>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  publish(project: string, body: EventBody): void {
    const event: WadahEvent = { timestamp: new Date().toISOString(), project, ...body };
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error({ err: error, type: body.type }, 'a listener of events failed');
      }
    }
  }

  subscribe(listener: Listener): () => void {
    const entry: Listener = (event) => listener(event);
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }
}
