/** `bankd status`: who is in sync, and what the bank waits for. */
import type { Client } from '../../host/client.ts';
import { fetchStatus } from '../../host/fetch-status.ts';
import { sleep } from '../../host/sleep.ts';
import { statusLine, type StatusReport } from '../../host/status-report.ts';
import { Unreachable } from '../../host/unreachable.ts';
import { isTerminal, painterOf } from '../colour.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { note } from '../context.ts';
import { connectTo } from '../connect-to.ts';
import { EXIT } from '../exit-status.ts';
import { options, requireAllowedHost, requireRealPort } from '../options.ts';
import { Interruption } from '../signals.ts';
import { statusLines } from '../status-table.ts';

const WATCH_MS = 1_000;
const TIMEOUT_MS = 2_000;
/** Home, and clear from there on: redrawn without flicker. */
const REDRAW = '\x1b[H\x1b[J';

export class StatusCommand extends BankdCommand {
  static override readonly paths = [['status']];
  static override readonly about: Usage = {
    description: 'the status array, the backends, and what the bank waits for',
    examples: [
      ['once', 'bankd status'],
      ['every second, until Ctrl-C', 'bankd status --watch'],
      ['as a JSON object', 'bankd status --json'],
    ],
  };

  readonly port = options.port('where the frontend listens (default 8023)');
  readonly host = options.host('where the frontend is (default 127.0.0.1)');
  readonly insecure = options.insecure();
  readonly json = options.flag('--json', 'a JSON object; with --watch one a line');
  readonly watch = options.flag('--watch', 'again every second');

  override async execute(): Promise<number> {
    requireAllowedHost(this.host, this.insecure);
    requireRealPort(this.port);
    using interruption = new Interruption();
    await using client = await connectTo({ host: this.host, port: this.port }, TIMEOUT_MS);
    if (this.watch) return await this.#watch(client, interruption.signal);
    const report = await fetchStatus(client);
    if (report === undefined) throw new Unreachable('no-connection', 'the frontend did not answer');
    this.context.stdout.write(this.#format(report));
    return EXIT.done;
  }

  async #watch(client: Client, interrupted: AbortSignal): Promise<number> {
    const { stdout } = this.context;
    const redraws = isTerminal(stdout) && !this.json;
    let outputGone = false;
    stdout.once('error', () => (outputGone = true));
    while (!interrupted.aborted && !outputGone) {
      const report = await fetchStatus(client, WATCH_MS);
      if (interrupted.aborted) break;
      if (redraws) stdout.write(REDRAW);
      if (report !== undefined) stdout.write(redraws ? this.#format(report) : this.#line(report));
      else note(this.context, 'the frontend does not answer');
      await sleep(WATCH_MS, interrupted);
    }
    return EXIT.done;
  }

  #format(report: StatusReport): string {
    if (this.json) return this.#line(report);
    return `${statusLines(report, painterOf(this.context)).join('\n')}\n`;
  }

  #line(report: StatusReport): string {
    return `${this.json ? JSON.stringify(report) : statusLine(report)}\n`;
  }
}
