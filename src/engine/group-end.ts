import type { Cgroups, GroupState } from '#host/cgroup/cgroups.ts';

/** Resolves when nothing runs in an instance's groups any more; watching is over then, or with `unwatch`. */
export function whenGroupEnds(cgroups: Cgroups, id: string): { ended: Promise<void>; unwatch(): void } {
  let unwatch = (): void => {};
  const ended = new Promise<void>((resolve) => {
    const look = ({ isPopulated }: GroupState): void => {
      if (!isPopulated) resolve();
    };
    const watch = cgroups.watch(id, look);
    unwatch = () => watch.stop();
    look(cgroups.state(id));
  });
  return { ended, unwatch };
}
