import { Type } from 'typebox';
import { Network } from '../network.ts';
import { Operation, OperationsByStatus } from '../operation.ts';
import { Project } from '../project.ts';
import { allProjects, done, inProject, paths, project, recursion, route } from '../route.ts';
import { longestWaitSeconds } from '../schema.ts';
import { Server, ServerPut } from '../server.ts';

export const serverRoutes = {
  listVersions: route({
    method: 'GET',
    path: '/',
    tag: 'server',
    summary: 'List the versions of the API',
    answer: { kind: 'sync', metadata: paths },
  }),
  getServer: route({
    method: 'GET',
    path: '/1.0',
    tag: 'server',
    summary: 'Read what this server is and which extensions of the API it serves',
    query: inProject,
    answer: { kind: 'sync', metadata: Server },
    etag: true,
  }),
  putServer: route({
    method: 'PUT',
    path: '/1.0',
    tag: 'server',
    summary: 'Replace the configuration of the server',
    body: ServerPut,
    answer: done,
    etag: true,
    faults: ['conflict'],
  }),
  patchServer: route({
    method: 'PATCH',
    path: '/1.0',
    tag: 'server',
    summary: 'Change some configuration of the server',
    body: ServerPut,
    answer: done,
    etag: true,
    faults: ['conflict'],
  }),
  getOpenApi: route({
    method: 'GET',
    path: '/1.0/openapi.json',
    tag: 'server',
    summary: 'Read this description',
    answer: { kind: 'document' },
  }),
  streamEvents: route({
    method: 'GET',
    path: '/1.0/events',
    tag: 'events',
    summary: 'Follow what happens: one event in each text frame',
    query: Type.Object({
      ...project,
      ...allProjects,
      type: Type.Optional(
        Type.String({
          description: 'Which ones, separated by commas: lifecycle, operation, logging; default: all',
        }),
      ),
    }),
    answer: { kind: 'websocket' },
  }),
  listOperations: route({
    method: 'GET',
    path: '/1.0/operations',
    tag: 'operations',
    summary: 'List operations by status',
    query: Type.Object({ ...project, ...allProjects, ...recursion }),
    answer: { kind: 'sync', metadata: OperationsByStatus },
  }),
  getOperation: route({
    method: 'GET',
    path: '/1.0/operations/{id}',
    tag: 'operations',
    summary: 'Read an operation; finished ones stay for some seconds',
    answer: { kind: 'sync', metadata: Operation },
    faults: ['not-found'],
  }),
  cancelOperation: route({
    method: 'DELETE',
    path: '/1.0/operations/{id}',
    tag: 'operations',
    summary: 'Cancel an operation; what it did is taken back',
    answer: done,
    faults: ['not-found', 'wrong-state'],
  }),
  waitOperation: route({
    method: 'GET',
    path: '/1.0/operations/{id}/wait',
    tag: 'operations',
    summary: 'Answer when an operation is over, or with its state so far when the time is',
    query: Type.Object({
      timeout: Type.Optional(
        Type.Integer({
          minimum: -1,
          maximum: longestWaitSeconds,
          description: 'Seconds; negative or absent: no limit',
        }),
      ),
    }),
    answer: { kind: 'sync', metadata: Operation },
    faults: ['not-found', 'unavailable'],
  }),
  connectOperation: route({
    method: 'GET',
    path: '/1.0/operations/{id}/websocket',
    tag: 'operations',
    summary: 'Connect one stream of an exec or console; each secret works once',
    query: Type.Object({ secret: Type.String() }),
    answer: { kind: 'websocket' },
    faults: ['not-found', 'forbidden'],
  }),
  listNetworks: route({
    method: 'GET',
    path: '/1.0/networks',
    tag: 'networks',
    summary: 'List networks',
    query: Type.Object({ ...project, ...recursion }),
    answer: { kind: 'sync', metadata: Type.Union([paths, Type.Array(Network)]) },
  }),
  getNetwork: route({
    method: 'GET',
    path: '/1.0/networks/{name}',
    tag: 'networks',
    summary: 'Read a network',
    query: inProject,
    answer: { kind: 'sync', metadata: Network },
    faults: ['not-found'],
  }),
  listProjects: route({
    method: 'GET',
    path: '/1.0/projects',
    tag: 'projects',
    summary: 'List projects; so far there is one, `default`',
    query: Type.Object({ ...recursion }),
    answer: { kind: 'sync', metadata: Type.Union([paths, Type.Array(Project)]) },
  }),
  getProject: route({
    method: 'GET',
    path: '/1.0/projects/{name}',
    tag: 'projects',
    summary: 'Read a project',
    answer: { kind: 'sync', metadata: Project },
    faults: ['not-found'],
  }),
};
