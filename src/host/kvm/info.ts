import type { KvmCapability, KvmInfo } from '#model/kvm.ts';
import { isFault } from '#model/fault.ts';
import { type CapabilityName, capabilities } from './capabilities.ts';
import { KvmDevice } from './device.ts';
import { isUsable, readKvmHost } from './host-facts.ts';
import { measureGuest } from './measure.ts';
import { type Findings, judge } from './verdict.ts';

/** Looks at this host, runs a guest where that is possible, and judges. Never throws for what a host lacks. */
export function investigate(): KvmInfo {
  const begin = performance.now();
  const host = readKvmHost();
  const { findings, ...seen } = isUsable(host) ? tryGuest() : { findings: noDevice, capabilities: [] };
  const verdict = judge(host, findings);
  return { verdict: { ...verdict, ms: performance.now() - begin }, host, ...seen };
}

const noDevice: Findings = { kind: 'no-device' };

function tryGuest(): Pick<KvmInfo, 'apiVersion' | 'capabilities'> & { findings: Findings } {
  let device: KvmDevice;
  try {
    device = new KvmDevice();
  } catch (error) {
    return { findings: { kind: 'failed', error: expected(error) }, capabilities: [] };
  }
  const { apiVersion } = device;
  const all = listCapabilities(device);
  try {
    return {
      apiVersion,
      capabilities: all,
      findings: { kind: 'measured', measurement: measureGuest(device) },
    };
  } catch (error) {
    return { apiVersion, capabilities: all, findings: { kind: 'failed', error: expected(error) } };
  } finally {
    device.close();
  }
}

/** Bugs of ours are not the host's fault. */
function expected(error: unknown): unknown {
  if (isFault(error)) return error;
  throw error;
}

const listCapabilities = (device: KvmDevice): KvmCapability[] =>
  Object.entries(capabilities).map(([name, { help }]) => ({
    name,
    value: device.check(name as CapabilityName),
    help,
  }));
