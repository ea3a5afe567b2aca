/**
 * How a process's garbage is collected.
 *
 * Batches, results and what the sockets read lie outside of V8's heap, and V8 by itself marks the
 * whole heap for each 64 MiB of them: several times a second under full load, a tenth of everyone's
 * time. They die young, so that the collections of young objects, which cost next to nothing, take
 * nearly all of them. Hence they are counted together with the heap, which is small (10 MB), and
 * both may grow to ten times of what is alive before all of it is marked; what lies outside by a
 * tenth, since a large bank's tables lie there, too.
 */
import { setFlagsFromString } from 'node:v8';

/** At the start of a process that batches pass through. */
export function tuneHeap(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  setFlagsFromString('--external-memory-max-growing-factor=1.1');
  setFlagsFromString('--heap-growing-percent=900');
}
