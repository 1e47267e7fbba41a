import { join } from 'node:path';
import type { Image, ImageAlias } from '#model/image.ts';
import type { Instance, InstanceId } from '#model/instance.ts';
import type { Profile } from '#model/profile.ts';
import type { Runtime } from '#service/instances/runtimes.ts';
import type { Reservation } from '#service/networks/nic-index.ts';
import { LmdbRecords } from '#store/embedded/lmdb-records.ts';

type Records = ReadonlyMap<string, unknown>;

/** What a daemon's two stores say at one moment. */
export interface Documents {
  shared: Records;
  node: Records;
  instances: Instance[];
  profiles: Profile[];
  images: Image[];
  aliases: ImageAlias[];
  nics: Reservation[];
  runs: Map<InstanceId, Runtime>;
}

/** Reads the stores while the daemon has them open, which LMDB allows. */
export function readDocuments(directory: string): Documents {
  const shared = readAll(join(directory, 'store/shared'));
  const node = readAll(join(directory, 'store/node'));
  const runs = [...node].filter(([key]) => key.startsWith('run/'));
  return {
    shared,
    node,
    instances: below(shared, 'default/instance/'),
    profiles: below(shared, 'default/profile/'),
    images: below(shared, 'default/image/'),
    aliases: below(shared, 'default/image-alias/'),
    nics: below(shared, 'default/nic/'),
    runs: new Map(runs.map(([key, value]) => [key.slice('run/'.length), value as Runtime])),
  };
}

function readAll(folder: string): Records {
  const records = new LmdbRecords(join(folder, 'data.mdb'));
  const all = [...records.range('', { after: '', limit: Number.MAX_SAFE_INTEGER })];
  void records.close();
  return new Map(all.map(([key, { json }]) => [key, JSON.parse(json) as unknown]));
}

const below = <T>(records: Records, prefix: string): T[] =>
  [...records].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value as T);
