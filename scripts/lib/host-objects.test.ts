import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hostObjects, runVariable } from './host-objects.mjs';

test('a folder that was left behind is seen', () => {
  const before = hostObjects('none');
  const folder = mkdtempSync('/tmp/wadah-left-');
  try {
    expect(before).not.toContain(`folder ${folder}`);
    expect(hostObjects('none')).toContain(`folder ${folder}`);
  } finally {
    rmdirSync(folder);
  }
});

test('a process that was left behind is known by what it carries from the run that started it', async () => {
  const child = spawn('sleep', ['1000'], { env: { PATH: process.env['PATH'], [runVariable]: 'mine' } });
  try {
    await once(child, 'spawn');
    expect(hostObjects('mine')).toContain(`process ${child.pid} sleep 1000`);
    expect(hostObjects('other')).not.toContain(`process ${child.pid} sleep 1000`);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
