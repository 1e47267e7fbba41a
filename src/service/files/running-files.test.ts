import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'vitest';
import type { ExecSession } from '#engine/engine.ts';
import { RunningFiles } from './running-files.ts';

/** Files of a guest whose shell prints that, and then ends so. */
const filesOf = (printed: string, status: number): RunningFiles =>
  new RunningFiles(async () => {
    const session: Partial<ExecSession> = {
      stdin: new PassThrough(),
      stdout: Readable.from([Buffer.from(printed)]),
      stderr: Readable.from([]),
      exited: Promise.resolve(status),
    };
    return session as ExecSession;
  });

async function contentOf(files: RunningFiles): Promise<string> {
  const file = await files.read('/etc/motd');
  assert.ok(file.type === 'file');
  return text(file.content);
}

test('a file is given as it was read', async () => {
  assert.equal(await contentOf(filesOf('file 0 0 644 5 0\nsalam', 0)), 'salam');
});

test('a file of an instance that ends while it is read fails, instead of being short', async () => {
  await assert.rejects(contentOf(filesOf('file 0 0 644 5 0\nsal', 137)), {
    code: 'host',
    message: 'Cannot read /etc/motd to its end: exit status 137',
  });
});
