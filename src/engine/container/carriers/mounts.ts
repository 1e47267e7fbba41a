import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { MountPlan, RunPlan } from '../../engine.ts';
import { attachInside, detachInside, openMount } from '../mounts.ts';
import type { ContainerCarrier } from './carrier.ts';

/** Folders, files and devices of the host that are seen inside. At the start crun is given them; later they come and go. */
export const mounts: ContainerCarrier = {
  keys: [],
  part: (plan) => (plan.mounts?.length ? plan.mounts : undefined),
  async change({ run }, plan, { pid, instead }) {
    const [before, after] = [instead.mounts ?? [], plan.mounts ?? []];
    const isIn = (list: readonly MountPlan[], mount: MountPlan) =>
      list.some((each) => isDeepStrictEqual(each, mount));
    for (const mount of before.filter((each) => !isIn(after, each)).toReversed()) detachInside(mount, pid);
    for (const mount of after.filter((each) => !isIn(before, each))) {
      attach(mount, plan, { pid, scratch: join(run, 'instances', plan.id, 'scratch') });
    }
  },
};

function attach(
  mount: MountPlan,
  { idRange }: RunPlan,
  { pid, scratch }: { pid: number; scratch: string },
): void {
  const ids = idRange && { userNamespace: `/proc/${pid}/ns/user`, base: idRange.base };
  const opened = openMount(mount, ids, scratch);
  try {
    attachInside(opened, pid, idRange?.base ?? 0);
  } finally {
    closeSync(opened.fd);
  }
}
