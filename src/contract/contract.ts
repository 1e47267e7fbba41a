/** The words of the API: every document that is spoken over HTTP and its websockets, and every route. */
export * from './counters.ts';
export * from './doctor.ts';
export * from './envelope.ts';
export * from './event.ts';
export * from './exec.ts';
export * from './files.ts';
export * from './image.ts';
export * from './instance-state.ts';
export * from './instance.ts';
export * from './network.ts';
export * from './operation.ts';
export * from './profile.ts';
export * from './project.ts';
export type { Answer, BodyOf, MetadataOf, PathParams, QueryOf, Route } from './route.ts';
export * from './routes.ts';
export { ignoredKeysMark, neverTime, noLocation, notServedMark } from './schema.ts';
export * from './server.ts';
export * from './status.ts';
