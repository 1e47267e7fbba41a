import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { Compile } from 'typebox/compile';
import { afterAll, expect, test } from 'vitest';
import {
  ErrorAnswer,
  type Route,
  type RouteName,
  SyncAnswer,
  AsyncAnswer,
  routes,
} from '#contract/contract.ts';
import { openApiDocument } from './openapi/document.ts';
import { valuesOf } from './testing/arbitrary.ts';
import { fakeApi } from './testing/fake-services.ts';
import { fakeFingerprint } from './testing/fake-images.ts';

const known = ['c1', 'busybox', 'default', 'wadahbr0', fakeFingerprint, '/', '/f', 'name eq c1', 'image'];
const { paths } = openApiDocument();
const isError = Compile(ErrorAnswer);
const isAsync = Compile(AsyncAnswer);

const names = Object.keys(routes) as RouteName[];
const overHttp = names.filter((name) => (routes[name] as Route).answer.kind !== 'websocket');

const { api } = fakeApi();
const source = { type: 'image', alias: 'busybox' };
afterAll(() => api.close());

test.each(overHttp)('%s answers every request that its schema allows as it is described', async (name) => {
  const route: Route = routes[name];
  const { answer } = route;
  const isSync = answer.kind === 'sync' ? Compile(SyncAnswer(answer.metadata)) : undefined;
  const { responses } = paths[route.path]![route.method.toLowerCase()] as { responses: object };
  const documented = Object.keys(responses);
  await fc.assert(
    fc.asyncProperty(requestsFor(route), async (request) => {
      const payload = { name: 'c1', source, start: true };
      await api.app.inject({ method: 'POST', url: '/1.0/instances', payload });
      const { statusCode, headers, body } = await api.app.inject(request);
      expect(documented, body).toContain(String(statusCode));
      if (statusCode >= 400) {
        expect(statusCode, body).not.toBe(500);
        if (route.method !== 'HEAD') expect(isError.Errors(JSON.parse(body))).toEqual([]);
      } else if (isSync) expect(isSync.Errors(JSON.parse(body))).toEqual([]);
      else if (answer.kind === 'operation') expect(isAsync.Errors(JSON.parse(body))).toEqual([]);
      else if (answer.kind === 'created') expect(headers.location).toMatch(/^\/1\.0\//);
    }),
    { numRuns: 25 },
  );
});

function requestsFor({ method, path, query, body }: Route): fc.Arbitrary<InjectOptions> {
  const segment = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...known) },
    { weight: 1, arbitrary: fc.string({ minLength: 1, unit: 'grapheme' }) },
  );
  const segments = fc.array(segment, { minLength: 2, maxLength: 2 });
  const queries = query ? valuesOf(query, known) : fc.constant({});
  const bodies = typeof body === 'object' ? valuesOf(body, known) : fc.constant(undefined);
  return fc.tuple(segments, queries, bodies).map(([filled, asked, payload]) => {
    const rest = [...filled];
    const url = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(rest.shift() ?? ''));
    const search = new URLSearchParams(
      Object.entries(asked as object).map(([key, value]): [string, string] => [key, String(value)]),
    );
    return {
      method,
      url: `${url}?${search.toString()}`,
      ...(payload !== undefined && { payload: JSON.stringify(payload) }),
      ...(body === 'content' && { payload: Buffer.from('content') }),
    };
  });
}

test('the description names every route once, with an id of its own', () => {
  const ids = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map((operation) => (operation as { operationId: string }).operationId),
  );
  expect(new Set(ids)).toEqual(new Set(names));
  expect(ids).toHaveLength(names.length);
});

test('every reference in the description leads somewhere', () => {
  const document = openApiDocument();
  const text = JSON.stringify(document);
  const referred = Array.from(text.matchAll(/"#\/components\/schemas\/(\w+)"/g), ([, name]) => name);
  expect(new Set(referred)).toEqual(new Set(Object.keys(document.components.schemas)));
  expect(text).not.toContain('"$id"');
});
