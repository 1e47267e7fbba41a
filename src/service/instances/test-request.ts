import type { CreateInstance } from './instances.ts';

/** A container from the image `test`, for tests. */
export function request(over: Partial<CreateInstance> = {}): CreateInstance {
  return {
    project: 'default',
    name: 'one',
    type: 'container',
    source: { alias: 'test' },
    description: '',
    config: {},
    devices: {},
    profiles: undefined,
    ephemeral: false,
    start: false,
    ...over,
  };
}
