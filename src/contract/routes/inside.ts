import { Type } from 'typebox';
import { ConsolePost, ExecPost } from '../exec.ts';
import { done, inProject, project, route } from '../route.ts';

const atPath = Type.Object({
  ...project,
  path: Type.String({ minLength: 1, description: "The guest's own path, with or without a leading slash" }),
});

export const execRoutes = {
  exec: route({
    method: 'POST',
    path: '/1.0/instances/{name}/exec',
    tag: 'exec',
    summary: 'Run a program in an instance',
    query: inProject,
    body: ExecPost,
    answer: { kind: 'operation' },
    faults: ['not-found', 'wrong-state'],
  }),
};

export const consoleRoutes = {
  openConsole: route({
    method: 'POST',
    path: '/1.0/instances/{name}/console',
    tag: 'console',
    summary: 'Open a terminal on which the guest asks for a login',
    query: inProject,
    body: ConsolePost,
    answer: { kind: 'operation' },
    faults: ['not-found', 'wrong-state'],
  }),
  getConsoleLog: route({
    method: 'GET',
    path: '/1.0/instances/{name}/console',
    tag: 'console',
    summary: 'Read the newest text that init and the console wrote',
    query: inProject,
    answer: { kind: 'content' },
    faults: ['not-found'],
  }),
  clearConsoleLog: route({
    method: 'DELETE',
    path: '/1.0/instances/{name}/console',
    tag: 'console',
    summary: 'Empty the console log',
    query: inProject,
    answer: done,
    faults: ['not-found'],
  }),
};

export const logRoutes = {
  listLogs: route({
    method: 'GET',
    path: '/1.0/instances/{name}/logs',
    tag: 'logs',
    summary: 'List log files: `lxc.log` and what execs recorded',
    query: inProject,
    answer: { kind: 'sync', metadata: Type.Array(Type.String()) },
    faults: ['not-found'],
  }),
  getLog: route({
    method: 'GET',
    path: '/1.0/instances/{name}/logs/{file}',
    tag: 'logs',
    summary: 'Read a log file',
    query: inProject,
    answer: { kind: 'content' },
    faults: ['not-found'],
  }),
  deleteLog: route({
    method: 'DELETE',
    path: '/1.0/instances/{name}/logs/{file}',
    tag: 'logs',
    summary: 'Delete what an exec recorded',
    query: inProject,
    answer: done,
    faults: ['not-found'],
  }),
};

export const fileRoutes = {
  getFile: route({
    method: 'GET',
    path: '/1.0/instances/{name}/files',
    tag: 'files',
    summary: 'Read a file, the target of a link, or the names in a folder',
    query: atPath,
    answer: { kind: 'content', folder: Type.Array(Type.String()) },
    faults: ['not-found'],
  }),
  headFile: route({
    method: 'HEAD',
    path: '/1.0/instances/{name}/files',
    tag: 'files',
    summary: 'Read the owner, permissions and type of a file',
    query: atPath,
    answer: { kind: 'content' },
    faults: ['not-found'],
  }),
  postFile: route({
    method: 'POST',
    path: '/1.0/instances/{name}/files',
    tag: 'files',
    summary: 'Write a file, make a folder or a link; owner, permissions and type come in headers',
    query: atPath,
    body: 'content',
    answer: done,
    faults: ['not-found', 'insufficient'],
  }),
  deleteFile: route({
    method: 'DELETE',
    path: '/1.0/instances/{name}/files',
    tag: 'files',
    summary: 'Delete a file or an empty folder',
    query: atPath,
    answer: done,
    faults: ['not-found'],
  }),
};
