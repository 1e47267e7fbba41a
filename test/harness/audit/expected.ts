import { networkNames, hostLinkName } from '#host/network/object-names.ts';
import { expand } from '#model/expand.ts';
import type { Instance } from '#model/instance.ts';
import type { TestHost } from '../host.ts';
import type { Documents } from './documents.ts';

/** All that must be on the host and in the stores for what the store speaks of: one line for each object. */
export function expectedObjects({ mark }: TestHost, documents: Documents): Set<string> {
  const { instances, images, aliases } = documents;
  const isProxyUsed = instances.some(({ id }) => proxiesOf(id, documents).some(({ nat }) => nat !== 'true'));
  return new Set([
    ...instances.flatMap((instance) => ofInstance(mark, instance, documents)),
    ...images.map(({ fingerprint }) => `image ${fingerprint}`),
    ...aliases.map(({ fingerprint }) => `image ${fingerprint}`),
    'claim of the state folder',
    `bridge ${networkNames(mark, false).bridge}`,
    `nft table ${networkNames(mark, false).table}`,
    'program dnsmasq',
    'program lxcfs',
    ...(isProxyUsed ? ['program proxy'] : []),
  ]);
}

function ofInstance(mark: string, instance: Instance, documents: Documents): string[] {
  const { id, name } = instance;
  const run = documents.runs.get(id);
  const nics = nicsOf(instance, documents);
  const links = nics
    .filter(({ device }) => run?.inEffect?.devices[device] !== undefined)
    .map(({ index }) => hostLinkName(networkNames(mark, false), id, index ?? 0));
  return [
    `disk ${id}`,
    `name ${name} of ${id}`,
    ...nics.flatMap(({ device, mac, ipv4 }) => [
      `nic ${id}.${device}`,
      `holder ${mac} ${id}.${device}`,
      `holder ${ipv4} ${id}.${device}`,
      `DNS name ${id}.${device}`,
      `DHCP name ${id}.${device}`,
    ]),
    ...(run ? [`run ${id}`] : []),
    ...(run?.handle ? ofRun(instance, run.handle.pid, links) : []),
    ...(proxiesOf(id, documents).some(({ nat }) => nat === 'true') ? [`nft table wadah_${mark}_${id}`] : []),
  ];
}

function ofRun({ id, type }: Instance, pid: number, links: readonly string[]): string[] {
  return [
    `process ${pid} of ${id}`,
    `v2 group ${id}`,
    `runtime folder ${id}`,
    `mount instances/${id}/console`,
    ...(type === 'container' ? [`note of crun ${id}`] : []),
    ...links.flatMap((link) => [`link ${link}`, `nft elements of ${link}`]),
  ];
}

/** Options of those that are in effect. */
function proxiesOf(id: string, { runs }: Documents): Readonly<Record<string, string>>[] {
  const run = runs.get(id);
  const devices = run?.handle ? Object.values(run.inEffect?.devices ?? {}) : [];
  return devices.filter(({ type }) => type === 'proxy');
}

/** Of all NICs that its document and its profiles name, or that it was started with. One without a reservation lacks a MAC. */
function nicsOf(instance: Instance, { profiles, nics, runs }: Documents) {
  const included = instance.profiles.flatMap((name) => profiles.filter((profile) => profile.name === name));
  const devices = { ...runs.get(instance.id)?.inEffect?.devices, ...expand(instance, included).devices };
  const names = Object.keys(devices).filter((name) => devices[name]?.['type'] === 'nic');
  return names.map((device) => {
    const kept = nics.find((nic) => nic.id === instance.id && nic.device === device);
    return { device, index: kept?.index, mac: kept?.mac, ipv4: kept?.ipv4 };
  });
}
