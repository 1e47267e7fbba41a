/** The operations on instances, for those who start one by themselves or resume one after a crash. */
export { createInstance } from './operations/create.ts';
export { deleteInstance } from './operations/delete.ts';
export { renameInstance } from './operations/rename.ts';
export {
  pauseInstance,
  restartInstance,
  resumeInstance,
  settleInstance,
  startInstance,
  stopInstance,
} from './operations/state.ts';
export { updateInstance } from './operations/update.ts';
