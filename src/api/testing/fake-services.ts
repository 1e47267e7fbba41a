import { silentLogger } from '#base/logger.ts';
import { goodFinding } from '#model/test-finding.ts';
import { EventHub } from '#service/events/event-hub.ts';
import { type Api, createApi } from '../api.ts';
import type { ServerInfo } from '../server-info.ts';
import type { Services } from '../services.ts';
import { fakeCounters } from './fake-counters.ts';
import { FakeFiles } from './fake-files.ts';
import { FakeImages } from './fake-images.ts';
import { FakeInstances } from './fake-instances.ts';
import { FakeOperations } from './fake-operations.ts';
import { FakeProfiles } from './fake-profiles.ts';

export interface FakeServices extends Services {
  instances: FakeInstances;
  images: FakeImages;
  operations: FakeOperations;
}

/** Services in memory: one image, the profile `default`, a bridge, no instance. */
export function fakeServices(): FakeServices {
  const events = new EventHub(silentLogger);
  const operations = new FakeOperations(events);
  const instances = new FakeInstances(operations);
  return {
    events,
    operations,
    instances,
    counters: fakeCounters(instances),
    images: new FakeImages(operations),
    profiles: new FakeProfiles(),
    files: new FakeFiles(),
    kvm: { known: () => undefined },
    doctor: { examine: async () => ({ findings: [goodFinding], fixed: [], refused: [] }) },
    networks: { bridge: () => ({ name: 'wadahbr0', ipv4: '10.64.0.1/20', ipv6: 'fd42::1/64' }) },
  };
}

export const fakeInfo: ServerInfo = {
  version: '0.0.0',
  engines: [{ name: 'crun', version: '1.8.1' }],
  storage: { name: 'dir', version: '1' },
  os: { name: 'Debian GNU/Linux', version: '12' },
};

export function fakeApi(): { api: Api; services: FakeServices } {
  const services = fakeServices();
  return { services, api: createApi({ services, logger: silentLogger, info: fakeInfo }) };
}
