const prefix = 0x01; // ctrl-a
const quit = 'q'.charCodeAt(0);

/**
 * Passes keys on until ctrl-a and then q are pressed. Ctrl-a before anything else goes through together with it,
 * so that a screen inside can be told something, and twice sends it once.
 */
export async function* untilDetached(keys: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  let isPrefixed = false;
  for await (const chunk of keys) {
    const passed: number[] = [];
    for (const key of chunk as Buffer) {
      if (isPrefixed && key === quit) {
        if (passed.length > 0) yield Buffer.from(passed);
        return;
      }
      if (isPrefixed && key !== prefix) passed.push(prefix);
      if (isPrefixed || key !== prefix) passed.push(key);
      isPrefixed = !isPrefixed && key === prefix;
    }
    if (passed.length > 0) yield Buffer.from(passed);
  }
}
