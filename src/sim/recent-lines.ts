/** The last lines of a trace before what must not happen; those after it are not kept. */
const VIOLATION = /\bVIOLATION\b/;

export class RecentLines {
  readonly #linesMax: number;
  #lines: string[] = [];
  #isOver = false;
  #dropped = 0;

  constructor(linesMax: number) {
    this.#linesMax = linesMax;
  }

  add(line: string): void {
    if (this.#isOver) return;
    this.#lines.push(line);
    this.#isOver = VIOLATION.test(line);
    if (this.#lines.length < 2 * this.#linesMax) return;
    this.#dropped += this.#linesMax;
    this.#lines = this.#lines.slice(this.#linesMax);
  }

  get lines(): readonly string[] {
    return this.#lines.slice(-this.#linesMax);
  }

  /** How many lines there were before those. */
  get omitted(): number {
    return this.#dropped + this.#lines.length - this.lines.length;
  }
}
