import type { Finding } from '#model/doctor.ts';
import { examine } from './doctor.ts';
import { FakeHost } from './fake-host.ts';

/** What is found by the check of that name on a host from which something was taken. */
export async function findings(check: string, change: (host: FakeHost) => void): Promise<Finding[]> {
  const host = new FakeHost();
  change(host);
  return (await examine(host)).findings.filter((finding) => finding.check === check);
}

export async function finding(check: string, change: (host: FakeHost) => void): Promise<Finding> {
  const [first, ...more] = await findings(check, change);
  if (first === undefined || more.length > 0) throw new Error(`${check} found ${more.length} more things`);
  return first;
}
