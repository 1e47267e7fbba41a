import { routes } from '#contract/contract.ts';
import type { Context } from '../context.ts';
import { serve } from '../http/serve.ts';

export function serveDoctor({ app, services: { doctor } }: Context): void {
  serve(app, routes.getDoctor, () => doctor.examine({ fix: false }));
  serve(app, routes.fixHost, () => doctor.examine({ fix: true }));
}
