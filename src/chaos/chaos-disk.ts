/** What faults are done with on a backend's data directory. Tests put a made-up disk here. */
import { statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EnvironmentError } from '../host/environment-error.ts';
import { loadIdentity } from '../host/identity.ts';
import { nodeFileSystem } from '../host/node-file-system.ts';
import type { Identity } from '../host/ports.ts';
import { Ballast } from './ballast.ts';
import { flipByte, type Flip } from './flip-byte.ts';
import { wipeDirectory } from './wipe-directory.ts';

export interface Room {
  /** Nothing but this directory is on its file system. */
  readonly isAlone: boolean;
  /** The size of the file system. */
  readonly bytes: number;
}

/** Takes up all the room there is, until it is let go. */
export interface Filler {
  /** Room that was made meanwhile is taken up, too. */
  fill(): void;
  release(): void;
}

export interface ChaosDisk {
  /** Whose directory it is; undefined where it can't be told, or there is none here. */
  identityOf(directory: string): Promise<Identity | undefined>;
  /** Of the journal, or else of the checkpoint; undefined where there is nothing to corrupt. */
  flip(directory: string): Promise<Flip | undefined>;
  /** Empties it. Its process was killed: waits until it has let go; false where it does not. */
  wipe(directory: string): Promise<boolean>;
  roomOf(directory: string): Room;
  fill(directory: string): Filler;
}

export const realDisk: ChaosDisk = {
  async identityOf(directory) {
    try {
      return await loadIdentity({ identity: join(directory, 'identity') }, nodeFileSystem);
    } catch (error) {
      if (error instanceof EnvironmentError) return undefined;
      throw error;
    }
  },

  flip: flipByte,

  wipe: wipeDirectory,

  roomOf(directory) {
    const { blocks, bsize } = statfsSync(directory);
    const isAlone = statSync(directory).dev !== statSync(dirname(directory)).dev;
    return { isAlone, bytes: blocks * bsize };
  },

  fill: (directory) => new Ballast(directory),
};
