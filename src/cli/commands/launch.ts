import { basename } from 'node:path';
import type { InstancesPost, Operation } from '#contract/contract.ts';
import type { Devices } from '#model/device.ts';
import { Fault } from '#model/fault.ts';
import { type ValuesOf, defineCommand, flag, list, one, optional, parsed, text } from '../command.ts';
import { assignments, images, profiles } from '../completion/completers.ts';
import type { Context } from '../context.ts';
import { chooseImage } from '../image-choice.ts';
import { runOperation } from '../operations.ts';
import { whenReady } from '../readiness.ts';
import { parseAssignments, parseDevices, wholeNumber } from '../values.ts';

const creation = {
  config: list({
    value: 'key=value',
    short: 'c',
    help: 'Set a config key; may be repeated',
    complete: assignments,
  }),
  device: list({
    value: 'name,key=value,...',
    short: 'd',
    help: "Add a device (with type=), or change options of a profile's device; may be repeated",
  }),
  profile: list({
    value: 'name',
    short: 'p',
    help: 'Include a profile; may be repeated (default: default)',
    complete: profiles,
  }),
  noProfiles: flag('Include no profile at all'),
  description: text({ value: 'text', help: 'What it is for' }),
  ephemeral: flag('Delete it as soon as it stops', 'e'),
  vm: flag('Make a virtual machine instead of a container'),
};

const naming = {
  image: one('Name of an image, or the beginning of its fingerprint', images),
  name: optional('Name of the new instance (default: one is made up)'),
};

export const create = defineCommand({
  summary: 'Create an instance and leave it stopped',
  arguments: naming,
  options: creation,
  examples: [
    { line: 'wadah create debian/12 web1', note: 'Create a container to be started later' },
    {
      line: 'wadah create debian/12 web1 -c limits.memory=1GiB -c limits.cpu=2',
      note: 'Create it with limits',
    },
  ],
  async run(context, args, options) {
    const name = await make(context, args, options, false);
    tellName(context, 'Created', name);
  },
});

export const launch = defineCommand({
  summary: 'Create an instance and start it',
  description:
    'Returns when its init runs. With --wait it returns when the system inside has started up, which images with systemd tell.',
  arguments: naming,
  options: {
    ...creation,
    wait: flag('Wait until the system inside is ready', 'w'),
    timeout: parsed({
      value: 'seconds',
      help: 'How long to --wait (default: 120)',
      parse: wholeNumber(1),
    }),
  },
  examples: [
    { line: 'wadah launch debian/12 web1', note: 'Start a Debian container named web1' },
    {
      line: 'wadah launch debian/12 web1 -c limits.memory=512MiB --wait',
      note: 'Give it at most 512 MiB of memory, and wait until it has booted',
    },
    {
      line: 'wadah launch debian/12 web1 -d eth0,ipv4.address=10.77.0.9',
      note: "Choose the address of its profile's network device",
    },
    { line: 'name=$(wadah launch busybox --quiet)', note: 'Let the daemon choose the name, and keep it' },
  ],
  async run(context, args, options) {
    if (!options.wait) return tellName(context, 'Launched', await make(context, args, options, true));
    const name = await whenReady(context, options.timeout, () => make(context, args, options, true));
    tellName(context, 'Launched', name);
  },
});

/** Scripts that asked for quiet still need the name. */
function tellName({ output }: Context, done: string, name: string): void {
  if (output.choice.isQuiet) output.print(name);
  else output.say(`${done} ${name}`);
}

async function make(
  context: Context,
  { image, name }: ValuesOf<typeof naming>,
  options: ValuesOf<typeof creation>,
  start: boolean,
): Promise<string> {
  const included = options.noProfiles ? [] : options.profile.length > 0 ? options.profile : undefined;
  const body: InstancesPost = {
    ...(name !== undefined && { name }),
    type: options.vm ? 'virtual-machine' : 'container',
    source: { type: 'image', ...(await chooseImage(context, image)) },
    config: parseAssignments(options.config),
    devices: await completeDevices(context, parseDevices(options.device), included ?? ['default']),
    ...(included && { profiles: included }),
    description: options.description ?? '',
    ephemeral: options.ephemeral,
    start,
  };
  const operation = await runOperation(context, () =>
    context.client.begin('POST', '/1.0/instances', { body }),
  );
  return nameOf(operation);
}

/** Devices without a type are changes of a profile's: an instance's own device hides the profile's as a whole. */
async function completeDevices(
  { client }: Context,
  devices: Devices,
  profileNames: readonly string[],
): Promise<Devices> {
  if (Object.values(devices).every((device) => device.type !== undefined)) return devices;
  const included = await Promise.all(
    profileNames.map((name) => client.read('/1.0/profiles/{name}', { params: { name } })),
  );
  const inherited: Devices = Object.assign({}, ...included.map((profile) => profile.devices));
  return Object.fromEntries(
    Object.entries(devices).map(([name, device]) => {
      if (device.type === undefined && !inherited[name]) {
        throw new Fault('invalid', `No profile has a device "${name}"`, {
          hint: `A new device needs a type: -d ${name},type=disk,...`,
        });
      }
      return [name, { ...(device.type === undefined && inherited[name]), ...device }];
    }),
  );
}

const nameOf = ({ resources }: Operation): string =>
  decodeURIComponent(basename(resources.instances?.[0] ?? ''));
