import { Type } from 'typebox';
import {
  type Answer,
  AsyncAnswer,
  ErrorAnswer,
  type Route,
  SyncAnswer,
  notServedMark,
} from '#contract/contract.ts';
import type { FaultCode } from '#model/fault.ts';
import { httpStatuses } from '../http/statuses.ts';
import type { Components } from './components.ts';

const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

export function requestBodyOf({ body }: Route, components: Components): object | undefined {
  if (body === undefined) return undefined;
  if (body === 'content') return { content: bytes };
  return { required: true, content: json(components.refer(body)) };
}

/** Every answer of a route by its HTTP status. */
export function answersOf(route: Route, components: Components): Record<string, object> {
  const codes = faultsOf(route);
  const answers = new Map<number, object>([successOf(route.answer, components)]);
  for (const status of new Set(codes.map((code) => httpStatuses[code]))) {
    const meant = codes.filter((code) => httpStatuses[code] === status);
    const content = json(components.refer(ErrorAnswer));
    answers.set(status, { description: `Fault: ${meant.join(', ')}`, content });
  }
  return Object.fromEntries(answers);
}

function faultsOf({ query, body, faults = [] }: Route): FaultCode[] {
  const codes = new Set<FaultCode>(['invalid', ...faults, 'internal']);
  if (query && 'project' in query.properties) codes.add('not-found');
  if (typeof body === 'object' && JSON.stringify(body).includes(notServedMark)) codes.add('unsupported');
  return [...codes];
}

function successOf(answer: Answer, components: Components): [number, object] {
  const location = { Location: { schema: { type: 'string' } } };
  switch (answer.kind) {
    case 'sync':
      return [200, { description: 'Done', content: json(components.refer(SyncAnswer(answer.metadata))) }];
    case 'created': {
      const content = json(components.refer(SyncAnswer(Type.Object({}))));
      return [201, { description: 'Created', headers: location, content }];
    }
    case 'operation': {
      const content = json(components.refer(AsyncAnswer));
      return [202, { description: 'Begun; the operation tells how it goes', headers: location, content }];
    }
    case 'document':
      return [200, { description: 'JSON without an envelope', content: json({ type: 'object' }) }];
    case 'content': {
      const folder = answer.folder && json(components.refer(SyncAnswer(answer.folder)));
      return [200, { description: 'The content', content: { ...bytes, ...folder } }];
    }
    case 'websocket':
      return [101, { description: 'The connection is a websocket now' }];
  }
}

const json = (schema: object): object => ({ 'application/json': { schema } });
