import type { ProfileRecords } from '#service/profiles/profile-records.ts';

/** What new instances get when nobody says otherwise: a root disk and a NIC on the managed bridge. */
export async function ensureDefaultProfile(
  records: ProfileRecords,
  project: string,
  bridge: string,
): Promise<void> {
  await records.create({
    project,
    name: 'default',
    description: 'What new instances get when no profile is named',
    config: {},
    devices: {
      root: { type: 'disk', path: '/', pool: 'default' },
      eth0: { type: 'nic', network: bridge, name: 'eth0' },
    },
  });
}
