import { isFault } from '#model/fault.ts';
import type { Context } from './context.ts';

/** A text that could be a fingerprint is looked up first: somebody may have given an image such a name. */
export async function chooseImage({ client }: Context, image: string) {
  if (!/^[0-9a-f]{6,64}$/.test(image)) return { alias: image };
  try {
    await client.read('/1.0/images/aliases/{name}', { params: { name: image } });
    return { alias: image };
  } catch (error) {
    if (isFault(error, 'not-found')) return { fingerprint: image };
    throw error;
  }
}

/** What a name means; what is no name may be the beginning of a fingerprint. */
export async function fingerprintOf({ client }: Context, asked: string): Promise<string> {
  try {
    return (await client.read('/1.0/images/aliases/{name}', { params: { name: asked } })).target;
  } catch (error) {
    if (isFault(error, 'not-found') && /^[0-9a-f]+$/.test(asked)) return asked;
    throw error;
  }
}
