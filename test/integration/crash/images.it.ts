import assert from 'node:assert/strict';
import { test } from 'vitest';
import { definitions } from '#daemon/resolve-definition.ts';
import { makeMortalHost } from '../../harness/mortal-host.ts';
import { imageScenarios } from './image-scenarios.ts';
import { instanceScenarios } from './instance-scenarios.ts';
import { walkThrough } from './suite.ts';

walkThrough(async () => ({ host: await makeMortalHost(), label: 'image' }), imageScenarios);

test('every operation that is defined has a scenario in the walk', () => {
  const walked = new Set([...instanceScenarios, ...imageScenarios].map(({ kind }) => kind));
  const missing = definitions.filter(({ kind }) => !walked.has(kind)).map(({ kind }) => kind);
  assert.deepEqual(missing, []);
});
