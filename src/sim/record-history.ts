/** Control records of earlier epochs, for a store to be rolled back to one of them. */
import { nextEpoch, type Epoch } from '../core/ids.ts';
import type { ControlRecord } from '../core/view.ts';
import type { SimBackend } from './sim-backend.ts';

const KEPT = 6;

export class RecordHistory {
  /** The last one of each epoch, the newest last. */
  #records: ControlRecord[] = [];

  onWritten(record: ControlRecord): void {
    const earlier = this.#records.filter(({ epoch }) => epoch !== record.epoch);
    this.#records = [...earlier, record].slice(-KEPT);
  }

  /** Those where it shows that later ones are lost: all of their members have promised more. */
  tellable(present: ControlRecord, backends: readonly SimBackend[]): ControlRecord[] {
    return this.#records.filter(({ epoch, view }) =>
      epoch < present.epoch && view.members.every(({ id, incarnation }) => {
        const backend = backends[id - 1];
        return backend?.journal.incarnation === incarnation && hasPromised(backend, epoch);
      }));
  }
}

/** The epoch that a frontend would claim next, or a later one. */
function hasPromised({ promises }: SimBackend, epoch: Epoch): boolean {
  return promises.granted !== undefined && promises.granted.epoch >= nextEpoch(epoch);
}
