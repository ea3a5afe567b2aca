/**
 * How a server's garbage is collected.
 *
 * Batches, results and what the sockets read lie outside of V8's heap, and V8 by itself marks the
 * whole heap for each 64 MiB of them: several times a second under full load, a tenth of a
 * backend's time. Counted together with the heap, they may grow in proportion first; by a tenth,
 * since a large bank's tables lie there, too.
 */
import { setFlagsFromString } from 'node:v8';

/** At the start of a server's process. */
export function tuneHeap(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  setFlagsFromString('--external-memory-max-growing-factor=1.1');
}
