import assert from 'node:assert/strict';
import { test } from 'vitest';
import { readSettings, validateConfig } from '#model/config-keys.ts';
import { protectiveLimits } from './default-profile.ts';

test.each([32_768, 4_194_304])(
  'of %d threads of a host a container gets an eighth, and not all memory',
  (most) => {
    const config = protectiveLimits(() => most);
    validateConfig(config, 'container');
    const settings = readSettings(config);
    assert.equal(settings['limits.processes'], most / 8);
    assert.deepEqual(settings['limits.memory.reserve'], { percent: 20 });
    assert.equal(settings['limits.memory'], undefined, 'a virtual machine would take it for its size');
  },
);
