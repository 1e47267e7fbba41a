import type { JsonObject } from '#model/config-keys.ts';
import { partOf } from '../../carriers/carrier.ts';
import type { ContainerCarrier } from './carrier.ts';

/** Whatever else the owner wants crun to be told. The last of all that specify something. */
export const rawOci: ContainerCarrier = {
  keys: ['raw.oci'],
  part: partOf('raw.oci'),
  specify(config, { settings }) {
    mergePatch(config as unknown as JsonObject, settings['raw.oci'] ?? {});
  },
};

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7396, in place. */
export function mergePatch(target: JsonObject, patch: JsonObject): void {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete target[key];
    else if (!isObject(value)) target[key] = value;
    else {
      const inner = isObject(target[key]) ? target[key] : {};
      mergePatch(inner, value);
      Object.defineProperty(target, key, {
        value: inner,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
  }
}
