/** `bankd feed`: what changed, a line for each change, from any point on and live. */
import { usageError } from '../cli-error.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { connectTo } from '../connect-to.ts';
import { runFeed } from '../feed.ts';
import { options, requireAllowedHost, requireRealPort } from '../options.ts';
import { positionOptions, requireOneStart } from '../position-options.ts';
import { Interruption } from '../signals.ts';

export class FeedCommand extends BankdCommand {
  static override readonly paths = [['feed']];
  static override readonly about: Usage = {
    description: 'every change, in order, from any point on and live, as NDJSON',
    details:
      'A line for each operation that changed something, once; none for what was refused or\n' +
      'repeated. --after SEQ.INDEX of the last whole line that one has goes on behind it.\n' +
      'A hold that expires is no operation: from its expiresAt on it holds no more.',
    examples: [
      ['all there are, and then those that come', 'bankd feed'],
      ['from a seq on', 'bankd feed --from 17'],
      ['behind the last line that one has', 'bankd feed --after 17.3 >> feed.ndjson'],
      ['what there is, and no more', 'bankd feed --no-follow'],
    ],
  };

  readonly port = options.port('where the frontend listens (default 8023)');
  readonly host = options.host('where the frontend is (default 127.0.0.1)');
  readonly insecure = options.insecure();
  readonly timeout = options.timeout('how long the bank may be away (default 10s)');
  readonly from = positionOptions.from();
  readonly after = positionOptions.after();
  readonly to = positionOptions.to('the last seq: there it ends');
  readonly noFollow = options.flag('--no-follow', 'end where the bank is now');

  override async execute(): Promise<number> {
    requireAllowedHost(this.host, this.insecure);
    requireRealPort(this.port);
    const start = requireOneStart(this.from, this.after);
    const { to, timeout: timeoutMs } = this;
    if (to !== undefined && (start.from ?? start.after ?? { seq: 0 }).seq > to) {
      throw usageError('--to is before the beginning');
    }
    using interruption = new Interruption();
    await using client = await connectTo({ host: this.host, port: this.port }, timeoutMs);
    const follow = !this.noFollow;
    const until = to === undefined ? {} : { to };
    return await runFeed(
      this.context, client, interruption.signal, { ...start, ...until, follow, timeoutMs });
  }
}
