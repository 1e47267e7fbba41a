import type { Instance } from '#contract/contract.ts';
import { type DeviceOptions, type Devices, deviceTypes } from '#model/device.ts';
import { Fault } from '#model/fault.ts';
import { changeInstance } from '../change.ts';
import { type Group, any, defineCommand, one, some } from '../command.ts';
import { words } from '../completion/candidates.ts';
import { devices, instances } from '../completion/completers.ts';
import { listFormats } from '../output/output.ts';
import { adviseOfPending } from '../pending.ts';
import { parseAssignments, valueUnder } from '../values.ts';

const name = one('Name of an instance', instances());
const deviceName = one('Name of the device, such as eth0', devices);

const add = defineCommand({
  summary: 'Add a device to an instance',
  description: "A device of the same name in a profile is hidden by the instance's own.",
  arguments: {
    name,
    device: one('Name of the new device'),
    type: one('What it is: disk, nic, none ...', words(...Object.keys(deviceTypes))),
    values: any('Its options, as key=value'),
  },
  options: {},
  examples: [
    {
      line: 'wadah config device add web1 data disk source=/srv/data path=/srv/data shift=true',
      note: 'Show it a folder of this host, with its owners',
    },
    {
      line: 'wadah config device add web1 eth1 nic network=wadahbr0',
      note: 'Give it a second network device',
    },
    { line: 'wadah config device add web1 eth0 none', note: "Take away its profile's network device" },
  ],
  async run(context, { name: instance, device: added, type, values }) {
    const options = { type, ...parseAssignments(values) };
    await changeInstance(context, instance, ({ devices: own }) => {
      if (!Object.hasOwn(own, added)) return { devices: { ...own, [added]: options } };
      throw new Fault('exists', `${instance} has a device "${added}" already`, {
        hint: `Change it: wadah config device set ${instance} ${added} key=value`,
      });
    });
    context.output.say(`Added ${added} to ${instance}`);
    await adviseOfPending(context, instance, [`devices.${added}`]);
  },
});

const remove = defineCommand({
  summary: 'Remove devices from an instance',
  arguments: { name, devices: some('Names of devices', devices) },
  options: {},
  examples: [{ line: 'wadah config device remove web1 eth1', note: 'Remove one' }],
  async run(context, { name: instance, devices: removed }) {
    await changeInstance(context, instance, (writable, found) => {
      for (const each of removed) requireOwn(found, each, `add ${instance} ${each} none`);
      const kept = Object.entries(writable.devices).filter(([each]) => !removed.includes(each));
      return { devices: Object.fromEntries(kept) };
    });
    context.output.say(`Removed ${removed.join(', ')} from ${instance}`);
    await adviseOfPending(
      context,
      instance,
      removed.map((each) => `devices.${each}`),
    );
  },
});

const list = defineCommand({
  summary: 'List the devices of an instance',
  arguments: { name },
  options: {},
  formats: listFormats,
  examples: [
    { line: 'wadah config device list web1', note: 'Show its own devices and those of its profiles' },
  ],
  async run({ client, output }, { name: instance }) {
    const found = await client.read('/1.0/instances/{name}', { params: { name: instance } });
    const all: Devices = found.expanded_devices;
    await output.list(
      Object.entries(all),
      [
        { head: 'NAME', text: ([each]) => each },
        { head: 'TYPE', text: ([, { type }]) => type ?? '' },
        { head: 'FROM', text: ([each]) => (Object.hasOwn(found.devices, each) ? 'instance' : 'profile') },
        { head: 'OPTIONS', text: ([, options]) => optionsText(options) },
      ],
      all,
    );
  },
});

const get = defineCommand({
  summary: 'Print an option of a device',
  arguments: { name, device: deviceName, key: one('The option') },
  options: {},
  examples: [{ line: 'wadah config device get web1 eth0 network', note: 'Print which network it is on' }],
  async run({ client, output }, { name: instance, device: asked, key }) {
    const found = await client.read('/1.0/instances/{name}', { params: { name: instance } });
    output.print(valueUnder(requireDevice(found, asked), key));
  },
});

const set = defineCommand({
  summary: 'Set options of a device',
  description: "A profile's device is copied to the instance first; the profile stays as it is.",
  arguments: {
    name,
    device: deviceName,
    values: some('Its options, as key=value; without a value: removed'),
  },
  options: {},
  examples: [
    { line: 'wadah config device set web1 eth0 ipv4.address=10.77.0.9', note: 'Give it a fixed address' },
  ],
  async run(context, { name: instance, device: changed, values }) {
    const given = parseAssignments(values);
    await changeInstance(context, instance, (writable, found) => {
      const options = { ...requireDevice(found, changed), ...given };
      const kept = Object.entries(options).filter(([, value]) => value !== '');
      return { devices: { ...writable.devices, [changed]: Object.fromEntries(kept) } };
    });
    await adviseOfPending(context, instance, [`devices.${changed}`]);
  },
});

function requireDevice({ name: instance, expanded_devices: all }: Instance, asked: string): DeviceOptions {
  const found = Object.hasOwn(all, asked) ? all[asked] : undefined;
  if (found) return found;
  throw new Fault('not-found', `${instance} has no device "${asked}"`, {
    hint: `See wadah config device list ${instance}`,
  });
}

function requireOwn(instance: Instance, asked: string, instead: string): void {
  requireDevice(instance, asked);
  if (Object.hasOwn(instance.devices, asked)) return;
  throw new Fault('invalid', `"${asked}" comes from a profile`, {
    hint: `Change the profile, or hide it on this instance: wadah config device ${instead}`,
  });
}

const optionsText = (options: DeviceOptions): string =>
  Object.entries(options)
    .filter(([key]) => key !== 'type')
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

export const device: Group = {
  summary: 'Add, change and remove devices of instances',
  commands: {
    add: async () => add,
    remove: async () => remove,
    list: async () => list,
    get: async () => get,
    set: async () => set,
  },
};
