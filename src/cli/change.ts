import type { Instance, Profile } from '#contract/contract.ts';
import { isFault } from '#model/fault.ts';
import type { Context } from './context.ts';
import { runOperation } from './operations.ts';

/** The part of an instance that its owner may change. */
export type WritableInstance = Pick<
  Instance,
  'config' | 'devices' | 'profiles' | 'description' | 'ephemeral' | 'architecture'
>;

/** The part of a profile that may be changed. */
export type WritableProfile = Pick<Profile, 'config' | 'devices' | 'description'>;

/** `force`: lower limits even where that makes the kernel kill inside. */
export interface ChangeOptions {
  force?: boolean;
}

const attempts = 5;

export function writableInstance(instance: Instance): WritableInstance {
  const { config, devices, profiles, description, ephemeral, architecture } = instance;
  return { config, devices, profiles, description, ephemeral, architecture };
}

export function writableProfile({ config, devices, description }: Profile): WritableProfile {
  return { config, devices, description };
}

/** Changes an instance, again from what it is then when someone else changed it in between. */
export async function changeInstance(
  context: Context,
  name: string,
  change: (writable: WritableInstance, instance: Instance) => Partial<WritableInstance>,
  how: ChangeOptions = {},
): Promise<Instance> {
  return await unlessConflict(async () => {
    const params = { name };
    const { value, etag } = await context.client.readTagged('/1.0/instances/{name}', { params });
    const writable = writableInstance(value);
    await putInstance(context, name, { ...writable, ...change(writable, value) }, { ...how, etag });
    return value;
  });
}

export async function putInstance(
  context: Context,
  name: string,
  body: WritableInstance,
  { etag, force = false }: ChangeOptions & { etag: string | undefined },
): Promise<void> {
  const query = force ? { force } : {};
  await runOperation(context, () =>
    context.client.begin('PUT', '/1.0/instances/{name}', { params: { name }, query, body, etag }),
  );
}

/** Changes a profile in the same way. */
export async function changeProfile(
  { client }: Context,
  name: string,
  change: (writable: WritableProfile) => Partial<WritableProfile>,
): Promise<void> {
  await unlessConflict(async () => {
    const params = { name };
    const { value, etag } = await client.readTagged('/1.0/profiles/{name}', { params });
    const writable = writableProfile(value);
    const body = { ...writable, ...change(writable) };
    await client.send('PUT', '/1.0/profiles/{name}', { params, body, etag });
  });
}

async function unlessConflict<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !isFault(error, 'conflict')) throw error;
    }
  }
}
