import type { LiveRule } from '../config/key.ts';
import type { ValueKind } from '../config/kinds.ts';
import type { DeviceOptions } from '../device.ts';
import type { InstanceType } from '../instance.ts';

/** One option of a device: everything that validation, help, the reference and the tests need to know of it. */
export interface DeviceOption<T = unknown> {
  kind: ValueKind<T>;
  help: string;
  isRequired: boolean;
  /** On which types a change takes effect on a running instance. On the others it is kept until the next start. */
  live: readonly InstanceType[];
  /** On which types some changes do, and others wait. */
  liveWhen: Partial<Record<InstanceType, LiveRule<T>>>;
}

export interface DeviceType {
  help: string;
  types: readonly InstanceType[];
  /** Types whose running instances get and lose such devices at once. */
  hotplug: readonly InstanceType[];
  options: Readonly<Record<string, DeviceOption>>;
  /** Throws `invalid` for options that are sound by themselves and not together; `type` is unknown in profiles. */
  check?(name: string, options: DeviceOptions, type?: InstanceType): void;
}

export const option = <T>(
  declaration: Pick<DeviceOption<T>, 'kind' | 'help'> & Partial<DeviceOption<T>>,
) => ({
  isRequired: false,
  live: [],
  liveWhen: {},
  ...declaration,
});

/** Texts that follow a rule. */
export const matching = (rule: RegExp, expects: string): ValueKind<string> => ({
  parse: (text) => (rule.test(text) ? text : undefined),
  expects,
  examples: [],
});

/** A path from the root, without steps up or in place. */
export const absolutePath: ValueKind<string> = {
  parse: (text) =>
    text.startsWith('/') && !/\0|(^|\/)\.{1,2}(\/|$)|\/\//.test(text) && (text === '/' || !text.endsWith('/'))
      ? text
      : undefined,
  expects: 'an absolute path without . and ..',
  examples: [],
};
