/**
 * What `npm test` prints, on a terminal and in a log alike: a line for each test file, below it its
 * failures in full and what it wrote to stdout, and last the counts of assertions, alone on a line.
 * It reads the TAP stream that tap writes. A file in which nothing is asserted fails. The counts
 * are left in `.tap/counts`, too, for scripts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { styleText } from 'node:util';
import { Parser } from 'tap-parser';
import type { Result, TapError } from 'tap-parser';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const resultsDirectory = new URL('../../.tap/', import.meta.url);
const nothing: Counts = { passed: 0, failed: 0, skipped: 0 };

export default class Reporter extends Transform {
  readonly #root = new Parser();
  #total = nothing;
  #file = nothing;
  #details: string[] = [];

  constructor() {
    super();
    this.#root.on('child', (file: Parser) => this.#onFile(file));
    this.#root.on('assert', (result: Result) => this.#onFileEnd(result));
    this.#root.on('extra', (text: string) => this.#details.push(text.trimEnd()));
    this.#root.on('bailout', (reason: string) => this.#details.push(`Bail out! ${reason}`));
  }

  override _transform(chunk: Buffer | string, _encoding: string, done: TransformCallback): void {
    this.#root.write(chunk.toString());
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#root.end();
    this.#printDetails();
    if (this.#total.passed === 0 || this.#total.failed > 0) process.exitCode = 1;
    this.push(`\n${sentence(this.#total)}\n`);
    mkdirSync(resultsDirectory, { recursive: true });
    writeFileSync(new URL('counts', resultsDirectory), `${sentence(this.#total)}\n`);
    done();
  }

  #onFile(file: Parser): void {
    this.#file = nothing;
    this.#follow(file);
  }

  /** Counts assertions at every depth. The line that closes a subtest repeats what was said. */
  #follow(parser: Parser): void {
    let failedBefore = 0;
    parser.on('child', (child: Parser) => {
      failedBefore = this.#file.failed;
      this.#follow(child);
    });
    parser.on('assert', (result: Result) => {
      const failedInside = this.#file.failed > failedBefore;
      if (!result.closingTestPoint || (!result.ok && !failedInside)) this.#count(result);
    });
    parser.on('complete', (results: { readonly failures: readonly (Result | TapError)[] }) => {
      for (const { tapError } of results.failures) {
        if (tapError) this.#details.push(`    ${String(tapError)}`);
      }
    });
  }

  #count(result: Result): void {
    const kind = result.skip || result.todo ? 'skipped' : result.ok ? 'passed' : 'failed';
    this.#file = { ...this.#file, [kind]: this.#file[kind] + 1 };
    if (kind === 'failed') this.#details.push(describeFailure(result));
  }

  #onFileEnd(result: Result): void {
    if (result.skip === 'no tests found') {
      this.#count({
        ...result,
        ok: false,
        skip: false,
        fullname: `${result.name}: no tests found`,
      });
    } else if (!result.ok && this.#file.failed === 0) {
      // A process that dies fails though none of its assertions does.
      this.#count(result);
    }
    const file = this.#file;
    this.#total = {
      passed: this.#total.passed + file.passed,
      failed: this.#total.failed + file.failed,
      skipped: this.#total.skipped + file.skipped,
    };
    const badge = file.failed === 0 ? styleText('green', 'ok  ') : styleText('red', 'FAIL');
    const seconds = ((result.time ?? 0) / 1000).toFixed(1);
    const name = result.diag?.expired ?? result.name;
    this.push(`${badge} ${name}: ${sentence(file)} (${seconds} s)\n`);
    this.#printDetails();
  }

  #printDetails(): void {
    for (const detail of this.#details) this.push(`${detail}\n`);
    this.#details = [];
  }
}

function sentence({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** A failure's full name, where it is, and what was expected; the rest as tap wrote it. */
function describeFailure(result: Result): string {
  const { at, source, diff, stack, ...rest } = result.diag ?? {};
  for (const key of ['compare', 'stdio', 'cwd', 'externalID', 'command', 'args', 'jobId']) {
    delete rest[key];
  }
  const place = at ? ` (${at.fileName}:${at.lineNumber}:${at.columnNumber})` : '';
  const others = Object.keys(rest).length > 0 ? JSON.stringify(rest, undefined, 2) : '';
  const parts = [source, diff, others, stack].filter(Boolean).map((part) => part.trimEnd());
  return `  ${styleText('red', '✖')} ${result.fullname}${place}\n${indent(parts.join('\n'))}`;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '    ');
}
