/**
 * Whether a directory that a power loss could have left is one that its process may come back with:
 * recovered by the real code, in this process, it complains of nothing and holds what was claimed.
 */
import type { BackendId } from '../../../src/core/ids.ts';
import { DataDirectory } from '../../../src/host/data-directory.ts';
import { FileControlStore } from '../../../src/host/file-control-store.ts';
import { nodeMachine } from '../../../src/host/node-machine.ts';
import { recover } from '../../../src/host/recovery.ts';
import { SIZES } from '../../../src/host/sizes.ts';

export type Who = 'frontend' | number;

/** What others were told: the epoch that was promised, or written; the last entry decided. */
export interface Claim {
  readonly epoch: number;
  readonly seq: number;
}

export const CLAIM_NONE: Claim = { epoch: 0, seq: 0 };
/** Damage that was done on purpose, and files that a crash left on their way aside. */
export const OWN_DAMAGE = /0001\.segment is corrupt|without an identity/;

/** Throws where it is not. */
export async function checkImage(path: string, who: Who, claim: Claim): Promise<void> {
  const wrong = who === 'frontend'
    ? await wrongWithRecord(path, claim) : await wrongWithReplica(path, who, claim);
  if (wrong !== undefined) throw new Error(`${who} could come back from a power loss: ${wrong}`);
}

async function wrongWithRecord(path: string, { epoch }: Claim): Promise<string | undefined> {
  try {
    const place = { control: `${path}/control` };
    const record = await new FileControlStore(place, nodeMachine.io).load();
    const found = record?.epoch ?? 0;
    return found < epoch ? `with epoch ${found} after ${epoch}` : undefined;
  } catch (error) {
    return String(error);
  }
}

async function wrongWithReplica(
  path: string, who: number, { epoch, seq }: Claim,
): Promise<string | undefined> {
  const lines: string[] = [];
  const directory = await DataDirectory.open(path, nodeMachine);
  try {
    const { journal, participant } = await recover({
      machine: nodeMachine, sizes: SIZES, directory, backend: who as BackendId, damage: undefined,
      log: (line) => lines.push(line),
    });
    await journal?.close();
    const { promise, tail, condition, detail } = participant;
    if (lines.some((line) => OWN_DAMAGE.test(line))) return undefined;
    if (condition === 'corrupt') return detail;
    if (promise.epoch < epoch) return `without its promise of epoch ${epoch}`;
    return tail.seq < seq ? `with entry ${tail.seq}, and ${seq} was decided` : undefined;
  } finally {
    directory.close();
  }
}
