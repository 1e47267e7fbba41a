/** To the log of the proxy, which people are sent to when it does not work. */
export function complain(about: string, error: unknown): void {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${new Date().toISOString()} ${about}: ${said}\n`);
}
