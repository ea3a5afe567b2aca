/** `bankd sim --exhaustive`: every state of the protocol at its smallest sizes, and their count. */
import { exploreAll, type Exploration } from '../sim/model/explore.ts';
import { MODELS, type ModelOptions } from '../sim/model/model-options.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-status.ts';
import { ProgressBar } from './progress-bar.ts';

/** Resolves to the exit status: 5 where a state breaks what must hold. */
export function exploreModels(context: CliContext, asJson: boolean): number {
  let status: number = EXIT.done;
  for (const [model, options] of Object.entries(MODELS)) {
    const startedMs = performance.now();
    const exploration = explore(context, model, options);
    const seconds = (performance.now() - startedMs) / 1_000;
    const lines = asJson
      ? [JSON.stringify({ model, seconds, ...exploration })]
      : describe(model, exploration, seconds);
    for (const line of lines) context.stdout.write(`${line}\n`);
    if (!isRight(exploration)) status = EXIT.integrity;
  }
  return status;
}

function explore(context: CliContext, model: string, options: ModelOptions): Exploration {
  using bar = new ProgressBar({
    output: context.stderr, label: model, format: (count) => `${Math.round(count)} states`,
  });
  return exploreAll(options, ({ explored, depth }) =>
    bar.show(explored, undefined, `depth ${depth}`));
}

function isRight({ violations, wrongMerges, unexplored }: Exploration): boolean {
  return violations.length === 0 && wrongMerges.length === 0 && unexplored === 0;
}

function describe(model: string, exploration: Exploration, seconds: number): string[] {
  const { states, transitions, depth, quiescent, violations, wrongMerges, unexplored } =
    exploration;
  const verdict = isRight(exploration) ? 'nothing that must hold is broken' : 'BROKEN';
  return [
    `${model}: ${states} states, ${transitions} transitions, depth ${depth}, ${quiescent} at rest,`
      + ` ${seconds.toFixed(0)} s: ${verdict}`,
    ...(unexplored > 0 ? [`  ${unexplored} states were not explored`] : []),
    ...wrongMerges.map((line) => `  two states were taken for one: ${line}`),
    ...violations.flatMap(({ what, way }) => [`  ${what}`, ...way.map((line) => `  ${line}`)]),
  ];
}
