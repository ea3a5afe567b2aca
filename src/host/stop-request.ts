/**
 * When a server is asked to stop: SIGTERM, Ctrl-C, or the death of the supervisor that started it.
 *
 * A terminal sends Ctrl-C to every process of the group. Those on a leash leave it to their
 * supervisor, which stops them in an order that leaves all replicas alike.
 */
import { Leash } from './leash.ts';

/**
 * Within 2 s all is over (interface.md): ending in the middle loses nothing that was acknowledged.
 */
const STOP_MS = 1_900;

/**
 * A signal that is aborted with the first request; `onAgain` is called with each one after it. The
 * handlers stay to the end: a late signal must not turn a clean exit into a killed one.
 */
export function listenForStop(onAgain: () => void = () => {}): AbortSignal {
  const controller = new AbortController();
  const leash = Leash.own();
  const onRequest = (): void => {
    if (controller.signal.aborted) onAgain();
    else abort();
  };
  const abort = (): void => {
    controller.abort();
    setTimeout(() => process.exit(0), STOP_MS).unref();
  };
  process.on('SIGTERM', onRequest);
  process.on('SIGINT', leash === undefined ? onRequest : () => {});
  leash?.watch(abort);
  return controller.signal;
}
