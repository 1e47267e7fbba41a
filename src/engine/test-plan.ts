import { readSettings } from '#model/config-keys.ts';
import type { Config, InstanceId } from '#model/instance.ts';
import type { RunPlan } from './engine.ts';

/** A plan for tests: an init that powers off on SIGUSR2, no network, layers that need not be there. */
export const testPlan = (id: InstanceId, config: Config = {}): RunPlan => ({
  id,
  name: 'web1',
  settings: readSettings(config),
  init: { command: ['/sbin/init'], stopSignal: 'SIGUSR2', notifiesReady: false },
  root: {
    kind: 'overlay',
    lower: ['/pool/image/rootfs'],
    upper: '/pool/root/upper',
    work: '/pool/root/work',
  },
  boot: undefined,
  idRange: { base: 1_048_576, size: 65_536 },
  nics: [],
});
