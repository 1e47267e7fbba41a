import { chownSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupFolders, CgroupLimits, Cgroups, CgroupUsage, GroupState } from './cgroups.ts';
import { type Controllers, payloadName } from './controllers.ts';
import { readKeyed, write } from './files.ts';
import { GroupFolders } from './group-folders.ts';
import { requireNodes } from './nodes.ts';
import { freezeGroup, killGroup, stateOf, thawGroup, watchGroup } from './v2-group.ts';

const mostGroupsOfGuest = 4096; // systemd needs about 60
const delegated = ['', 'cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'];

/** Life and death in the v2 leaf, limits and accounts wherever the host has its controllers. */
export class HostCgroups implements Cgroups {
  readonly #root: string;
  readonly #controllers: Controllers;
  readonly #groups: GroupFolders;

  /** `root`: the daemon's own v2 group, as a path on this host. */
  constructor(root: string, controllers: Controllers, groups = new GroupFolders()) {
    this.#root = root;
    this.#controllers = controllers;
    this.#groups = groups;
  }

  get version(): 1 | 2 {
    return this.#controllers.version;
  }

  async open(): Promise<void> {
    await this.#groups.make(this.#root);
    await this.#controllers.open();
  }

  async close(): Promise<void> {
    await this.#controllers.close();
    await this.#groups.remove(this.#root);
  }

  async make(id: string, owner: number): Promise<CgroupFolders> {
    const folders = this.folders(id);
    await this.#groups.make(folders.group);
    await this.#controllers.make(id);
    await Promise.all([this.#groups.make(folders.payload), this.#groups.make(folders.exec)]);
    // A guest that makes groups without end would use up the kernel's memory, which nobody accounts to it.
    await write(folders.group, 'cgroup.max.descendants', mostGroupsOfGuest);
    for (const file of delegated) chownSync(join(folders.payload, file), owner, owner);
    return folders;
  }

  folders(id: string): CgroupFolders {
    const group = join(this.#root, id);
    return {
      ociPath: this.#controllers.ociPath(id),
      group,
      payload: join(group, payloadName),
      exec: join(group, 'exec'),
      v1: this.#controllers.folders(id),
    };
  }

  async setLimits(id: string, limits: Partial<CgroupLimits>, how = { isForced: false }): Promise<void> {
    if (limits.nodes) requireNodes(limits.nodes);
    await this.#controllers.setLimits(id, limits, how);
  }

  cpusOf(id: string): number[] | undefined {
    return this.#controllers.cpusOf(id);
  }

  freeze(id: string): Promise<void> {
    return freezeGroup(this.folders(id).group);
  }

  thaw(id: string): Promise<void> {
    return thawGroup(this.folders(id).group);
  }

  state(id: string): GroupState {
    return stateOf(this.folders(id).group);
  }

  killAll(id: string): Promise<void> {
    return killGroup(this.folders(id).group);
  }

  watch(id: string, listener: (state: GroupState) => void): { stop(): void } {
    return watchGroup(this.folders(id).group, listener);
  }

  usage(id: string): CgroupUsage | undefined {
    // The basic account of CPU time is there in every v2 group, with or without controllers.
    const microseconds = readKeyed(this.folders(id).group, 'cpu.stat', 'usage_usec');
    if (microseconds === undefined) return undefined;
    return { cpuNanoseconds: BigInt(microseconds) * 1000n, ...this.#controllers.usage(id) };
  }

  async remove(id: string): Promise<void> {
    await Promise.all([this.#groups.remove(this.folders(id).group), this.#controllers.remove(id)]);
  }

  async ids(): Promise<string[]> {
    const entries = await readdir(this.#root).catch(() => []);
    return entries.filter((name) => /^[0-9a-f]{8}$/.test(name));
  }
}
