/** `bankd bench`: runs it, shows how far it is, and tells what came out of it. */
import { BenchError } from '../bench/bench-error.ts';
import { runBench, type BenchOptions } from '../bench/bench.ts';
import type { Meter } from '../bench/meter.ts';
import { benchLines, groupDigits } from './bench-text.ts';
import { isTerminal } from './colour.ts';
import type { CliContext } from './context.ts';
import { EXIT, exitStatusOfSignal } from './exit-status.ts';
import { ProgressLine } from './progress-line.ts';
import { Interruption } from './signals.ts';

/** Resolves to the exit status. Throws what `runBench` throws. */
export async function benchAndTell(
  context: CliContext, options: BenchOptions, isJson: boolean,
): Promise<number> {
  using interruption = new Interruption();
  const { signal: stop } = interruption;
  using progress = new BenchProgress(context);
  const { onPhase, onProgress } = progress;
  try {
    for await (const result of runBench(options, { stop, onPhase, onProgress })) {
      progress.clear();
      const lines = isJson ? [JSON.stringify(result)] : benchLines(result);
      context.stdout.write(`${lines.join('\n')}\n`);
    }
  } catch (error) {
    // That the bank is wrong is told even where the run was interrupted.
    const isWrong = error instanceof BenchError && error.reason === 'integrity';
    if (!stop.aborted || isWrong) throw error;
  }
  return stop.aborted ? exitStatusOfSignal(Number(stop.reason)) : EXIT.done;
}

/** A line on the terminal of stderr; nothing where that is none. */
class BenchProgress implements Disposable {
  readonly #line: ProgressLine | undefined;
  #phase = '';

  constructor({ stderr }: CliContext) {
    if (isTerminal(stderr)) this.#line = new ProgressLine(stderr, 'bench');
  }

  readonly onPhase = (what: string): void => {
    this.#phase = what;
    this.#line?.show(() => what);
  };

  readonly onProgress = (meter: Meter, endMs: number): void => {
    this.#line?.show(() => {
      const seconds = (performance.now() - meter.startMs) / 1000;
      const of = Math.round((endMs - meter.startMs) / 1000);
      const rate = groupDigits(Math.round(meter.done / seconds));
      return `${this.#phase}: ${Math.floor(seconds)} of ${of} s, ${rate}/s`;
    });
  };

  /** For a line of results, should they go to the same terminal. */
  clear(): void {
    this.#line?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
