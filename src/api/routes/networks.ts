import { type Network, noLocation, routes } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import type { Context } from '../context.ts';
import { serve } from '../http/serve.ts';

/** Serves the one managed bridge, to be read only. */
export function serveNetworks(context: Context): void {
  serve(context.app, routes.listNetworks, async ({ query, project }) => {
    const bridge = await bridgeDocument(context, project);
    return query.recursion ? [bridge] : [`/1.0/networks/${bridge.name}`];
  });
  serve(context.app, routes.getNetwork, async ({ params, project }) => {
    const bridge = await bridgeDocument(context, project);
    if (bridge.name === params.name) return bridge;
    throw new Fault('not-found', `There is no network "${params.name}"`, {
      hint: `There is one: ${bridge.name}.`,
    });
  });
}

async function bridgeDocument({ services }: Context, project: string): Promise<Network> {
  const { name, ipv4, ipv6 } = services.networks.bridge();
  const views = await services.instances.list(project);
  const users = views.filter(({ expandedDevices }) =>
    Object.values(expandedDevices).some(({ type }) => type === 'nic'),
  );
  return {
    name,
    project,
    type: 'bridge',
    managed: true,
    status: 'Created',
    description: '',
    config: {
      'ipv4.address': ipv4 ?? 'none',
      'ipv4.nat': String(ipv4 !== undefined),
      'ipv6.address': ipv6 ?? 'none',
    },
    locations: [noLocation],
    used_by: users.map(({ instance }) => `/1.0/instances/${instance.name}`),
  };
}
