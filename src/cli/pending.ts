import type { Instance } from '#contract/contract.ts';
import type { Context } from './context.ts';

type Pending = Instance['wadah']['pending'][number];

/** What waits for the next start: what it is, and what it is going to be. */
export const pendingText = ({ running, configured }: Pending): string =>
  `${running ?? 'not set'}, after the next start ${configured ?? 'not set'}`;

/** Says which of the things that were just changed wait for the next start. */
export async function adviseOfPending(
  { client, output }: Context,
  name: string,
  changed: readonly string[],
): Promise<void> {
  const { wadah } = await client.read('/1.0/instances/{name}', { params: { name } });
  const isNew = ({ key }: Pending) => changed.some((each) => key === each || key.startsWith(`${each}.`));
  const waiting = wadah.pending.filter(isNew).map(({ key }) => key);
  if (waiting.length === 0) return;
  output.advise(`${waiting.join(', ')} will take effect at the next start: wadah restart ${name}`);
}
