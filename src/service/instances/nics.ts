import type { NicPlan } from '#engine/engine.ts';
import { Fault } from '#model/fault.ts';
import { type DeviceOptions, type Devices, readNicRates } from '#model/device.ts';
import type { InstanceId } from '#model/instance.ts';
import type { Networks } from '../networks/networks.ts';

type Nic = [device: string, options: DeviceOptions];

export function nicsOf(devices: Devices): Nic[] {
  return Object.entries(devices)
    .filter(([, options]) => options['type'] === 'nic')
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Reserves addresses of every NIC, in the order of their names. Throws `invalid` for a network that is not ours. */
export async function reserveNics(
  networks: Networks,
  instance: { id: InstanceId; name: string },
  devices: Devices,
): Promise<NicPlan[]> {
  const plans: NicPlan[] = [];
  for (const [index, [device, options]] of nicsOf(devices).entries()) {
    requireOurBridge(networks, device, options);
    const plan = await networks.reserve({
      id: instance.id,
      instanceName: instance.name,
      device,
      index,
      mac: options['hwaddr'],
      ipv4: options['ipv4.address'],
    });
    plans.push({ ...plan, name: options['name'] ?? device, rates: readNicRates(options) });
  }
  return plans;
}

function requireOurBridge(networks: Networks, device: string, options: DeviceOptions): void {
  const ours = networks.bridge().name;
  const asked = options['network'] ?? options['parent'];
  // Profiles and scripts written elsewhere name the default bridge; here it is whatever this daemon manages.
  if (asked === undefined || asked === ours || asked === 'wadahbr0') return;
  throw new Fault('invalid', `Device "${device}": there is no network "${asked}"`, {
    hint: `The managed network is ${ours}.`,
  });
}

/** Gives back what devices have that are no longer there. */
export async function releaseGoneNics(networks: Networks, id: InstanceId, devices: Devices): Promise<void> {
  const gone = networks.devicesOf(id).filter((device) => devices[device]?.['type'] !== 'nic');
  await releaseNics(networks, id, gone);
}

export async function releaseNics(
  networks: Networks,
  id: InstanceId,
  devices: readonly string[],
): Promise<void> {
  for (const device of devices) {
    await networks.dismiss(id, device);
    await networks.release(id, device);
  }
}
