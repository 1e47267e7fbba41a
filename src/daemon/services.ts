import type { Services } from '#api/api.ts';
import { busyboxRecipe } from '#image/busybox/busybox-recipe.ts';
import { debianRecipe } from '#image/debian/debian-recipe.ts';
import { debianReleases } from '#image/debian/releases.ts';
import type { Recipe } from '#image/recipe.ts';
import type { Programs } from '#host/process/programs.ts';
import { JournalledOperations } from '#operation/journalled-operations.ts';
import { CounterService } from '#service/counters/counter-service.ts';
import { EventHub } from '#service/events/event-hub.ts';
import { FileService } from '#service/files/file-service.ts';
import { HostDoctor } from '#service/host/doctor.ts';
import type { ImageDeps } from '#service/images/deps.ts';
import { ImageRecords } from '#service/images/image-records.ts';
import { ImageService } from '#service/images/image-service.ts';
import type { InstanceDeps } from '#service/instances/deps.ts';
import { InstanceService } from '#service/instances/instance-service.ts';
import { InstanceRecords } from '#service/instances/records.ts';
import { Runtimes } from '#service/instances/runtimes.ts';
import { ProfileRecords } from '#service/profiles/profile-records.ts';
import { ProfileService } from '#service/profiles/profile-service.ts';
import type { Parts } from './parts.ts';

export interface DaemonServices extends Services {
  operations: JournalledOperations;
  instances: InstanceService;
  counters: CounterService;
  instanceDeps: InstanceDeps;
  imageDeps: ImageDeps;
}

/** Puts the use cases together on top of the parts. */
export function makeServices(parts: Parts): DaemonServices {
  const { stores, pool, networks, logger, groups, kvm } = parts;
  const operations = new JournalledOperations({
    store: stores.node,
    leaves: groups.leaves,
    logger,
    borrowReserve: () => pool.borrowReserve(),
  });
  const events = new EventHub(logger);
  operations.onChange((view) => events.publish(view.project, { type: 'operation', operation: view }));
  const { imageDeps, instanceDeps, counters } = makeDeps(parts, events);
  const images = new ImageService(imageDeps, operations);
  const instances = new InstanceService(
    instanceDeps,
    operations,
    async (project, alias) => (await images.getAlias(project, alias)).fingerprint,
  );
  const profiles = new ProfileService({
    records: instanceDeps.profiles,
    instances: instanceDeps.records,
    events,
    reapply: (users) => instances.reapply(users),
  });
  const files = new FileService(instanceDeps);
  const doctor = makeDoctor(parts);
  const services = {
    instances,
    counters,
    images,
    profiles,
    networks,
    files,
    events,
    operations,
    kvm,
    doctor,
  };
  return { ...services, instanceDeps, imageDeps };
}

/** What the steps of operations work on. */
function makeDeps(
  { stores, pool, networks, engines, idRanges, logger, programs }: Parts,
  events: EventHub,
): { imageDeps: ImageDeps; instanceDeps: InstanceDeps; counters: CounterService } {
  const records = new InstanceRecords(stores.shared);
  const images = new ImageRecords(stores.shared);
  const profiles = new ProfileRecords(stores.shared);
  const runtimes = new Runtimes(stores.node);
  const counters = new CounterService({
    nodeStore: stores.node,
    records,
    runtimes,
    engines,
    pool,
    events,
    logger,
  });
  const shared = { records, runtimes, counters, profiles, images };
  const instanceDeps = { ...shared, pool, networks, engines, idRanges, events, logger };
  const imageDeps = { records: images, instances: records, pool, recipes: makeRecipes(programs), events };
  return { imageDeps, instanceDeps, counters };
}

function makeDoctor({ programs, kvm, places }: Parts): HostDoctor {
  const { directory: stateFolder, isDefaultDirectory: isDefaultFolder } = places;
  return new HostDoctor({ programs, kvm, stateFolder, isDefaultFolder });
}

function makeRecipes(programs: Programs): ReadonlyMap<string, Recipe> {
  const recipes = [
    busyboxRecipe(programs),
    ...debianReleases.map((release) => debianRecipe(programs, release)),
  ];
  return new Map(recipes.map((recipe) => [recipe.name, recipe]));
}
