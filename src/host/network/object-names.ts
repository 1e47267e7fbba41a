import { Fault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';

/** What a daemon's network is called on the host: every name bears the daemon's mark. */
export interface NetworkNames {
  bridge: string;
  /** Every guest's host link begins with this, and no other link does. */
  linkPrefix: string;
  /** Of the nftables tables, one in the family `inet`, one in `bridge`. */
  table: string;
}

/** `mark`: four hexadecimal digits. The daemon of the default directory has the bridge that people know by name. */
export function networkNames(mark: string, isDefaultDirectory: boolean): NetworkNames {
  return {
    bridge: isDefaultDirectory ? 'wadahbr0' : `wd${mark}br0`,
    linkPrefix: `wd${mark}`,
    table: `wadah_${mark}`,
  };
}

const mostNics = 36;

/** The host's end of a guest's NIC: all of the 15 characters that Linux grants. Throws `invalid` past 36 NICs. */
export function hostLinkName(names: NetworkNames, id: InstanceId, index: number): string {
  if (index >= mostNics) throw new Fault('invalid', `An instance can have at most ${mostNics} NICs`);
  return `${names.linkPrefix}${id}${index.toString(36)}`;
}
