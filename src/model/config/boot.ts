import { daemonKey } from './key.ts';
import { bool, count, integer } from './kinds.ts';

/** When instances start, and how long they get to end. */
export const bootKeys = {
  'boot.autostart': daemonKey({
    kind: bool,
    help: 'Start the instance when the daemon starts; unset: as it was when the host went down',
  }),
  'boot.autostart.priority': daemonKey({
    kind: integer,
    default: 0,
    help: 'Instances with a higher priority start first',
  }),
  'boot.stop.priority': daemonKey({
    kind: integer,
    default: 0,
    help: 'Instances with a higher priority stop first when the host goes down',
  }),
  'boot.autorestart': daemonKey({
    kind: bool,
    default: false,
    help: 'Start the instance again when its init ends without having been asked to',
  }),
  'boot.host_shutdown_timeout': daemonKey({
    kind: count(0),
    default: 30,
    help: 'Seconds that the instance gets to shut down when the host does, or when a stop names no timeout',
  }),
};
