/** The machine that the processes run on, as Node gives it. */
import { randomBytes } from 'node:crypto';
import { lockDirectory } from './directory-lock.ts';
import { nodeFileSystem, nodeFileWork } from './node-file-system.ts';
import type { Machine } from './ports.ts';

export const nodeMachine: Machine = {
  io: nodeFileSystem,
  fileWork: nodeFileWork,
  nowMs: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
  yield: () => new Promise((resolve) => setImmediate(resolve)),
  randomBytes,
  lock: lockDirectory,
};
