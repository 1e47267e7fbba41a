import { closeSync } from 'node:fs';
import { readKernelBtf } from '../bpf/btf.ts';
import { BpfCalls } from '../bpf/kernel-calls.ts';
import { loadProgram } from '../bpf/load-program.ts';
import { BpfMap, type MapShape } from '../bpf/map.ts';
import { requireSecurityPrograms } from '../bpf/security-modules.ts';
import { mapShapes } from './maps.ts';
import { securityPrograms } from './programs/programs.gen.ts';

/**
 * Hands the kernel our programs in front of its security functions, which run nowhere and are gone afterwards. For
 * root. Throws `unsupported` with what to do where it refuses them, or would never run them.
 */
export function trySecurityPrograms(): void {
  requireSecurityPrograms(() => {
    const calls = new BpfCalls();
    const opened: number[] = [];
    try {
      const maps: Record<string, BpfMap> = {};
      for (const shape of Object.values<MapShape>(mapShapes)) {
        const map = BpfMap.make(calls, shape);
        opened.push(map.fd);
        maps[shape.name] = map;
      }
      const types = readKernelBtf();
      for (const program of securityPrograms) opened.push(loadProgram({ calls, types, maps }, program));
    } finally {
      for (const fd of opened) closeSync(fd);
      calls.close();
    }
  });
}
