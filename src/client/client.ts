import type { AsyncAnswer, ErrorAnswer, Operation } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import { faultOfAnswer } from './faults.ts';
import type { AnswerAt, LooseRequest, MetadataAt, MethodOf, PathOf, RequestArguments } from './routes.ts';
import { targetOf } from './routes.ts';
import { type Incoming, type Outgoing, type Trace, Transport } from './transport.ts';

/** The part of every JSON answer that is looked at before its metadata. */
interface Envelope {
  type: 'sync' | 'async' | 'error';
  metadata: unknown;
}

/** An object with the tag to send back when changing it. */
export interface Tagged<T> {
  value: T;
  etag: string | undefined;
}

/**
 * Speaks the daemon's API. What a route takes and gives is typed by the contract; refusals arrive as the Faults
 * that the server threw, and `unavailable` or `forbidden` when it cannot be reached.
 */
export class Client {
  readonly transport: Transport;

  constructor(socket: string, trace?: Trace) {
    this.transport = new Transport(socket, trace);
  }

  async read<P extends PathOf<'GET', 'sync'>>(
    path: P,
    ...[request]: RequestArguments<'GET', P>
  ): Promise<MetadataAt<P>> {
    return (await this.readTagged(path, ...([request] as RequestArguments<'GET', P>))).value;
  }

  async readTagged<P extends PathOf<'GET', 'sync'>>(
    path: P,
    ...[request]: RequestArguments<'GET', P>
  ): Promise<Tagged<MetadataAt<P>>> {
    const { envelope, incoming } = await this.#json('GET', path, request as LooseRequest);
    return { value: envelope.metadata as MetadataAt<P>, etag: incoming.headers.etag };
  }

  /** Changes something at once, and resolves to what the route says of it. */
  async send<M extends MethodOf<'sync' | 'created'>, P extends PathOf<M, 'sync' | 'created'>>(
    method: M,
    path: P,
    ...[request]: RequestArguments<M, P>
  ): Promise<AnswerAt<M, P>> {
    return (await this.#json(method, path, request as LooseRequest)).envelope.metadata as AnswerAt<M, P>;
  }

  /** Begins a long job and resolves to its first state. `finishOperation` waits for its end. */
  async begin<M extends MethodOf<'operation'>, P extends PathOf<M, 'operation'>>(
    method: M,
    path: P,
    ...[request]: RequestArguments<M, P>
  ): Promise<Operation> {
    const { envelope } = await this.#json(method, path, request as LooseRequest);
    return (envelope as AsyncAnswer).metadata;
  }

  /** Any request, its answer as it comes. Only refusals are looked at. */
  async raw(outgoing: Outgoing): Promise<Incoming> {
    const incoming = await this.transport.send(outgoing);
    if (incoming.status < 400) return incoming;
    throw faultOfAnswer(incoming.status, parseEnvelope(await this.transport.text(incoming)) as ErrorAnswer);
  }

  close(): void {
    this.transport.close();
  }

  async #json(method: string, path: string, request: LooseRequest = {}) {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const incoming = await this.raw({
      method,
      target: targetOf(path, request),
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(request.etag !== undefined && { 'if-match': request.etag }),
      },
      body,
      signal: request.signal,
    });
    const envelope = parseEnvelope(await this.transport.text(incoming));
    if (!envelope) {
      throw new Fault('unavailable', `${this.transport.socket} answered something else than this API`, {
        hint: 'Is it the socket of a Wadah daemon?',
      });
    }
    return { envelope, incoming };
  }
}

function parseEnvelope(text: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value ? (value as Envelope) : undefined;
  } catch {
    return undefined;
  }
}
