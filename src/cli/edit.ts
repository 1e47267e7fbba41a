import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Tagged } from '#client/client.ts';
import { Fault, asFault } from '#model/fault.ts';
import type { Context } from './context.ts';

export interface Editing<T> {
  /** For the first line of the text. */
  title: string;
  read(): Promise<Tagged<T>>;
  write(value: T, etag: string | undefined): Promise<unknown>;
}

/**
 * Lets the user change something as YAML: in their editor, again and again until the daemon takes it, or from
 * standard input where that is no terminal.
 */
export async function edit<T>(context: Context, { title, read, write }: Editing<T>): Promise<void> {
  const { stdin } = context.surroundings;
  if (!stdin.isTTY) return void (await write(await parse<T>(await textOf(stdin)), undefined));
  const { stringify } = await import('yaml');
  const folder = await mkdtemp(join(tmpdir(), 'wadah-edit-'));
  try {
    let { value, etag } = await read();
    const before = `# ${title}\n${stringify(value, { lineWidth: 0 })}`;
    const file = join(folder, 'edit.yaml');
    await writeFile(file, before, { mode: 0o600 });
    for (;;) {
      await runEditor(context, file);
      const after = await readFile(file, 'utf8');
      if (after === before) return context.output.say('Nothing was changed.');
      try {
        return void (await write(await parse<T>(after), etag));
      } catch (error) {
        context.output.fail(asFault(error));
        await askToGoOn(context);
        ({ etag } = await read());
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function parse<T>(text: string): Promise<T> {
  const { parse: parseYaml } = await import('yaml');
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw new Fault('invalid', `This is no YAML: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T;
  throw new Fault('invalid', 'This YAML is no map of keys to values');
}

async function runEditor({ surroundings: { env } }: Context, file: string): Promise<void> {
  const editor = env.VISUAL || env.EDITOR || 'vi';
  // By a shell, because these variables may hold options: EDITOR="code --wait".
  const child = spawn('/bin/sh', ['-c', `exec ${editor} "$1"`, 'sh', file], { stdio: 'inherit', env });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status === 0) return;
  throw new Fault('host', `The editor "${editor}" ended with status ${status}`, {
    hint: 'EDITOR says which one to use.',
  });
}

async function askToGoOn({ surroundings: { stdin, stderr } }: Context): Promise<void> {
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    await Promise.race([
      lines.question('Press Enter to edit it again, Ctrl-C to give up. '),
      once(lines, 'SIGINT').then(() => {
        throw new Fault('cancelled', 'Given up; nothing was changed');
      }),
    ]);
  } finally {
    lines.close();
  }
}

export async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer | string));
  return Buffer.concat(chunks).toString('utf8');
}
