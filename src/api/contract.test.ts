import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { Compile } from 'typebox/compile';
import { afterAll, expect, test } from 'vitest';
import {
  AsyncAnswer,
  ErrorAnswer,
  type Route,
  type RouteName,
  SyncAnswer,
  routes,
} from '#contract/contract.ts';
import { openApiDocument } from './openapi/document.ts';
import { type Hints, mostly, valuesOf } from './testing/arbitrary.ts';
import { fakeFingerprint } from './testing/fake-images.ts';
import { fakeApi } from './testing/fake-services.ts';

const { api, services } = fakeApi();
afterAll(() => api.close());

const operation = services.operations.session(
  { kind: 'test', description: 'was done', resources: {}, project: 'default' },
  () => Promise.resolve({}),
);

const hints: Hints = {
  project: ['default', ''],
  filter: ['', 'name eq c1', 'not config.image.os ne "Some OS" or status eq Running'],
  path: ['/f', 'f', '/'],
  type: ['image', 'wadah-build'],
  fingerprint: [fakeFingerprint, 'ab12'],
  target: [fakeFingerprint],
  alias: ['busybox'],
  name: ['c1', 'fresh'],
  architecture: ['', 'x86_64'],
  recipe: ['busybox'],
};
/** What stands in the place of `{…}` in paths. */
const segments: Record<string, readonly string[]> = {
  instances: ['c1'],
  exec: ['c1'],
  console: ['c1'],
  logs: ['c1', 'lxc.log'],
  files: ['c1'],
  images: ['ab12', 'busybox'],
  profiles: ['p1'],
  operations: [operation.id],
  networks: ['wadahbr0'],
  projects: ['default'],
};

const { paths } = openApiDocument();
const isError = Compile(ErrorAnswer);
const isAsync = Compile(AsyncAnswer);
const names = Object.keys(routes) as RouteName[];
const overHttp = names.filter((name) => (routes[name] as Route).answer.kind !== 'websocket');

test.each(overHttp)('%s answers every request that its schema allows as it is described', async (name) => {
  const route: Route = routes[name];
  const { answer } = route;
  const isSync = answer.kind === 'sync' ? Compile(SyncAnswer(answer.metadata)) : undefined;
  const { responses } = paths[route.path]![route.method.toLowerCase()] as { responses: object };
  const documented = Object.keys(responses);
  let successes = 0;
  await fc.assert(
    fc.asyncProperty(requestsFor(route), fc.boolean(), async (request, start) => {
      await makeObjects(start);
      const { statusCode, headers, body } = await api.app.inject(request);
      expect(documented, body).toContain(String(statusCode));
      expect(statusCode, body).not.toBe(500);
      if (statusCode < 400) successes += 1;
      if (statusCode >= 400 && route.method !== 'HEAD') expect(isError.Errors(JSON.parse(body))).toEqual([]);
      if (statusCode === 200 && isSync) expect(isSync.Errors(JSON.parse(body))).toEqual([]);
      if (statusCode === 202) expect(isAsync.Errors(JSON.parse(body))).toEqual([]);
      if (statusCode === 201) expect(headers.location).toMatch(/^\/1\.0\//);
    }),
    // The same requests every time: who breaks this has changed something.
    { numRuns: 20, seed: 42 },
  );
  // Nothing but refusals would say little.
  if (!neverSucceed.includes(name)) expect(successes).toBeGreaterThan(0);
});

/** Operations that are over cannot be cancelled, and nothing has been recorded that could be deleted. */
const neverSucceed: readonly string[] = ['cancelOperation', 'deleteLog'];

/** What requests are about is there before each of them, whatever the last one did to it. */
async function makeObjects(start: boolean): Promise<void> {
  const source = { type: 'image', fingerprint: fakeFingerprint };
  const post = (url: string, payload: object | string) => api.app.inject({ method: 'POST', url, payload });
  const action = start ? 'start' : 'stop';
  services.images.restore();
  await post('/1.0/instances', { name: 'c1', source, start });
  await api.app.inject({ method: 'PUT', url: '/1.0/instances/c1/state', payload: { action } });
  await post('/1.0/profiles', { name: 'p1' });
  await post('/1.0/images/aliases', { name: 'busybox', target: fakeFingerprint });
  await post('/1.0/instances/c1/files?path=/f', 'content');
}

function requestsFor({ method, path, tag, query, body }: Route): fc.Arbitrary<InjectOptions> {
  const known = segments[tag] ?? ['none'];
  const filled = fc.tuple(...[0, 1].map((index) => segmentsLike(known[index] ?? known[0] ?? '')));
  const queries = query ? valuesOf(query, hints) : fc.constant({});
  const bodies = typeof body === 'object' ? valuesOf(body, hints) : fc.constant(undefined);
  return fc.tuple(filled, queries, bodies).map(([parts, asked, payload]) => {
    const rest = tag === 'images' && path.includes('aliases') ? parts.toReversed() : [...parts];
    const url = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(rest.shift() ?? ''));
    const pairs = Object.entries(asked as object).map(([key, value]): [string, string] => [
      key,
      String(value),
    ]);
    return {
      method,
      url: `${url}?${new URLSearchParams(pairs).toString()}`,
      ...(payload !== undefined && { payload: JSON.stringify(payload) }),
      ...(body === 'content' && { payload: Buffer.from('content') }),
    };
  });
}

const segmentsLike = (known: string): fc.Arbitrary<string> =>
  mostly(fc.constant(known), fc.string({ minLength: 1, unit: 'grapheme' }));

test('the description names every route once, with an id of its own', () => {
  const ids = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map((described) => (described as { operationId: string }).operationId),
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
