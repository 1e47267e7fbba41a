import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { GuestPaths } from '#host/guest-paths/guest-paths.ts';
import type { MountPlan, RunPlan } from '../../engine.ts';
import { openMount } from '../mounts.ts';
import type { ContainerCarrier } from './carrier.ts';

/** Folders, files and devices of the host that are seen inside. At the start crun is given them; later they come and go. */
export const mounts: ContainerCarrier = {
  keys: [],
  part: (plan) => (plan.mounts?.length ? plan.mounts : undefined),
  async change({ run, guestPaths }, plan, { pid, instead }) {
    const [before, after] = [instead.mounts ?? [], plan.mounts ?? []];
    const isIn = (list: readonly MountPlan[], mount: MountPlan) =>
      list.some((each) => isDeepStrictEqual(each, mount));
    for (const { path } of before.filter((each) => !isIn(after, each)).toReversed()) {
      await guestPaths.work(pid, { do: 'detach', path });
    }
    for (const mount of after.filter((each) => !isIn(before, each))) {
      await attach(guestPaths, mount, plan, { pid, scratch: join(run, 'instances', plan.id, 'scratch') });
    }
  },
};

async function attach(
  guestPaths: Pick<GuestPaths, 'work'>,
  mount: MountPlan,
  { idRange }: RunPlan,
  { pid, scratch }: { pid: number; scratch: string },
): Promise<void> {
  const ids = idRange && { userNamespace: `/proc/${pid}/ns/user`, base: idRange.base };
  const { fd, isFolder } = openMount(mount, ids, scratch);
  try {
    await guestPaths.work(pid, { do: 'attach', path: mount.path, isFolder, owner: idRange?.base ?? 0 }, [fd]);
  } finally {
    closeSync(fd);
  }
}
