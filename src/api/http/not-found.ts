import { routes } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';

/** What the dialect has and Wadah does not serve: clients tell "not here" from "no such thing". */
const notServed =
  /^\/1\.0\/(certificates|cluster|metadata|metrics|network-acls|network-zones|resources|storage-pools|warnings|instances\/[^/]+\/(backups|metadata|sftp|snapshots)|images\/[^/]+\/(export|refresh|secret)|networks\/[^/]+\/(forwards|leases|peers|state)|projects\/[^/]+\/state)(\/|$)/;

const served = Object.values(routes).map(
  ({ path }) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
);

/** The refusal of a path, or of a method on a path, that has no route. */
export function noSuchRoute(method: string, url: string): Fault {
  const [path = ''] = url.split('?');
  if (notServed.test(path) || served.some((rule) => rule.test(path))) {
    return new Fault('unsupported', `Wadah does not serve ${method} ${path}`);
  }
  return new Fault('not-found', `There is nothing at ${path}`, {
    hint: 'GET /1.0/openapi.json lists what there is.',
  });
}
