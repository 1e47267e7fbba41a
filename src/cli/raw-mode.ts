import type { ReadStream } from 'node:tty';

/**
 * Makes our terminal a wire: keys go in as they are pressed, bytes come out as they were sent. `false` puts it back
 * as it was.
 */
export async function setRawMode(terminal: ReadStream, isRaw: boolean): Promise<void> {
  terminal.setRawMode(isRaw);
  if (!isRaw) return;
  // Node leaves the kernel's newline translation on. The terminal inside has done that already, and full-screen
  // programs use a bare newline to go straight down.
  const { spawnSync } = await import('node:child_process');
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
}
