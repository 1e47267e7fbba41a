import { type Forward, formatEndpoint, type ProxyAddress } from '#model/device.ts';

/** One socket that listens, and where what comes in there leads. */
export interface Route {
  forward: Forward;
  from: Endpoint;
  to: Endpoint;
}

/** `text`: as people write it, `tcp:0.0.0.0:80`. */
export type Endpoint = InternetEndpoint | UnixEndpoint;

export interface InternetEndpoint {
  kind: 'tcp' | 'udp';
  host: string;
  port: number;
  text: string;
}

export interface UnixEndpoint {
  kind: 'unix';
  path: string;
  text: string;
}

export type DatagramRoute = Route & { from: InternetEndpoint; to: InternetEndpoint };

export const isOfDatagrams = (route: Route): route is DatagramRoute =>
  route.from.kind === 'udp' && route.to.kind === 'udp';

/** A forward with its many ports as routes with one each. */
export function routesOf(forward: Forward): Route[] {
  const [from, to] = [endpointsOf(forward.listen), endpointsOf(forward.connect)];
  return from.flatMap((each, index) => {
    const target = to.length === 1 ? to[0] : to[index];
    return target ? { forward, from: each, to: target } : [];
  });
}

function endpointsOf(address: ProxyAddress): Endpoint[] {
  if (address.kind === 'unix') return [{ ...address, text: `unix:${address.path}` }];
  const { kind, host, ports } = address;
  return ports.map((port) => ({ kind, host, port, text: formatEndpoint(kind, host, port) }));
}

/** Routes with the same one can share the socket that listens. */
export function listenerKey({ forward, from }: Route): string {
  const owner = from.kind === 'unix' ? JSON.stringify(forward.socket) : '';
  return `${forward.listensOn} ${from.text} ${owner}`;
}
