import type { Image, ImageAlias, Instance, InstanceFull, Operation, Profile } from '#contract/contract.ts';
import type { Client } from './client.ts';

// Lists whose shape follows from `recursion`, which the route table cannot tell.

export async function listInstances(client: Client): Promise<Instance[]> {
  return (await client.read('/1.0/instances', { query: { recursion: 1 } })) as Instance[];
}

/** With the state of each. */
export async function listInstancesFully(client: Client): Promise<InstanceFull[]> {
  return (await client.read('/1.0/instances', { query: { recursion: 2 } })) as InstanceFull[];
}

/** With its state. */
export async function getInstanceFully(client: Client, name: string): Promise<InstanceFull> {
  const request = { params: { name }, query: { recursion: 1 } };
  return (await client.read('/1.0/instances/{name}', request)) as InstanceFull;
}

export async function listImages(client: Client): Promise<Image[]> {
  return (await client.read('/1.0/images', { query: { recursion: 1 } })) as Image[];
}

export async function listAliases(client: Client): Promise<ImageAlias[]> {
  return (await client.read('/1.0/images/aliases', { query: { recursion: 1 } })) as ImageAlias[];
}

export async function listProfiles(client: Client): Promise<Profile[]> {
  return (await client.read('/1.0/profiles', { query: { recursion: 1 } })) as Profile[];
}

/** Those that go on and those that ended a moment ago. */
export async function listOperations(client: Client): Promise<Operation[]> {
  const byStatus = await client.read('/1.0/operations', { query: { recursion: 1 } });
  return Object.values(byStatus).flat() as Operation[];
}
