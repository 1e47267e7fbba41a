import { type Route, type RouteName, routes } from '#contract/contract.ts';
import { Components } from './components.ts';
import { answersOf, requestBodyOf } from './messages.ts';

interface OpenApi {
  openapi: '3.1.0';
  info: object;
  paths: Record<string, Record<string, object>>;
  components: { schemas: Record<string, object> };
}

/** The whole API as an OpenAPI 3.1 document, made from the table of routes that also validates requests. */
export function openApiDocument(): OpenApi {
  const components = new Components();
  const paths: OpenApi['paths'] = {};
  for (const name of Object.keys(routes) as RouteName[]) {
    const route: Route = routes[name];
    const methods = (paths[route.path] ??= {});
    methods[route.method.toLowerCase()] = operationOf(name, route, components);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Wadah',
      version: '1.0',
      description:
        'One host manager for KVM virtual machines and OpenVZ-style containers. The API is the one of Incus and LXD; ' +
        '`api_extensions` in `GET /1.0` says what is served of it, and what is added.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { schemas: components.schemas },
  };
}

function operationOf(name: RouteName, route: Route, components: Components): object {
  const body = requestBodyOf(route, components);
  return {
    operationId: name,
    tags: [route.tag],
    summary: route.summary,
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...(body && { requestBody: body }),
    responses: answersOf(route, components),
  };
}

function pathParameters({ path }: Route): object[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: Route): object[] {
  const required: readonly string[] = query?.required ?? [];
  return Object.entries(query?.properties ?? {}).map(([name, schema]) => {
    const { description, ...plain } = schema as { description?: string };
    return {
      name,
      in: 'query',
      ...(required.includes(name) && { required: true }),
      ...(description !== undefined && { description }),
      schema: plain,
    };
  });
}

function headerParameters({ method, etag }: Route): object[] {
  if (!etag || method === 'GET') return [];
  const description = 'The ETag of the version that is meant; another one is answered 412';
  return [{ name: 'If-Match', in: 'header', description, schema: { type: 'string' } }];
}
