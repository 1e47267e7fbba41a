import type { TestContext } from 'vitest';
import type { Limited } from '../limited.ts';

/** Changes something of a running container and looks from inside, or runs into it; afterwards all is as before. */
export type Effect = (web: Limited, t: TestContext) => Promise<void>;

/** Milliseconds that something inside takes. What the kernel lets wait takes longer on a busy host, never less. */
export async function takesMs(web: Limited, script: string): Promise<number> {
  const begin = performance.now();
  await web.says(script);
  return performance.now() - begin;
}
