import { Type } from 'typebox';
import { InstanceState, InstanceStatePut, InstancesStatePut } from '../instance-state.ts';
import { Instance, InstanceFull, InstancePost, InstancePut, InstancesPost } from '../instance.ts';
import { allProjects, filter, inProject, paths, project, recursion, route } from '../route.ts';

const operation = { kind: 'operation' } as const;

const change = Type.Object({
  ...project,
  force: Type.Optional(
    Type.Boolean({ description: 'Lower limits even where that makes the kernel kill inside' }),
  ),
});

export const instanceRoutes = {
  listInstances: route({
    method: 'GET',
    path: '/1.0/instances',
    tag: 'instances',
    summary: 'List instances',
    query: Type.Object({ ...project, ...allProjects, ...recursion, ...filter }),
    answer: {
      kind: 'sync',
      metadata: Type.Union([paths, Type.Array(Instance), Type.Array(InstanceFull)]),
    },
  }),
  createInstance: route({
    method: 'POST',
    path: '/1.0/instances',
    tag: 'instances',
    summary: 'Create an instance, and start it when `start` says so',
    query: inProject,
    body: InstancesPost,
    answer: operation,
    faults: ['not-found', 'exists', 'insufficient'],
  }),
  changeStates: route({
    method: 'PUT',
    path: '/1.0/instances',
    tag: 'instances',
    summary: 'Start, stop, restart, pause or resume every instance on which that can begin',
    query: inProject,
    body: InstancesStatePut,
    answer: operation,
  }),
  getInstance: route({
    method: 'GET',
    path: '/1.0/instances/{name}',
    tag: 'instances',
    summary: 'Read an instance; `recursion=1` adds its state',
    query: Type.Object({ ...project, ...recursion }),
    answer: { kind: 'sync', metadata: Type.Union([InstanceFull, Instance]) },
    etag: true,
    faults: ['not-found'],
  }),
  putInstance: route({
    method: 'PUT',
    path: '/1.0/instances/{name}',
    tag: 'instances',
    summary: 'Replace the configuration of an instance',
    query: change,
    body: InstancePut,
    answer: operation,
    etag: true,
    faults: ['not-found', 'conflict', 'busy'],
  }),
  patchInstance: route({
    method: 'PATCH',
    path: '/1.0/instances/{name}',
    tag: 'instances',
    summary: 'Change some configuration of an instance',
    query: change,
    body: InstancePut,
    answer: operation,
    etag: true,
    faults: ['not-found', 'conflict', 'busy'],
  }),
  renameInstance: route({
    method: 'POST',
    path: '/1.0/instances/{name}',
    tag: 'instances',
    summary: 'Rename an instance',
    query: inProject,
    body: InstancePost,
    answer: operation,
    faults: ['not-found', 'exists', 'wrong-state', 'busy'],
  }),
  deleteInstance: route({
    method: 'DELETE',
    path: '/1.0/instances/{name}',
    tag: 'instances',
    summary: 'Delete a stopped instance',
    query: inProject,
    answer: operation,
    faults: ['not-found', 'wrong-state', 'busy'],
  }),
  getState: route({
    method: 'GET',
    path: '/1.0/instances/{name}/state',
    tag: 'instances',
    summary: 'Read how an instance is and what it uses',
    query: inProject,
    answer: { kind: 'sync', metadata: InstanceState },
    faults: ['not-found'],
  }),
  changeState: route({
    method: 'PUT',
    path: '/1.0/instances/{name}/state',
    tag: 'instances',
    summary: 'Start, stop, restart, pause or resume an instance',
    query: inProject,
    body: InstanceStatePut,
    answer: operation,
    faults: ['not-found', 'wrong-state', 'busy', 'insufficient'],
  }),
};
