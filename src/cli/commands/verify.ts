/**
 * `bankd verify`: checks recorded histories, and the directories of a stopped bank, which it
 * compares.
 */
import { Option } from 'clipanion';
import { EFFORT_DEFAULT } from '../../verify/history/effort.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { EXIT } from '../exit-status.ts';
import { missingOption, options } from '../options.ts';
import { isNotEmpty, isWholeNumber } from '../validators.ts';

export class VerifyCommand extends BankdCommand {
  static override readonly paths = [['verify']];
  static override readonly words = 'anywhere';
  static override readonly wordsPlaceholder = 'DIRECTORY|FILE…';
  static override readonly about: Usage = {
    description: 'check recorded histories, and the directories of a stopped bank',
    details:
      'A directory is checked and compared with the others: exit status 5 where one is\n' +
      'damaged, two differ, or the head is not there. A file, or - for stdin, is a history of\n' +
      "what clients asked and were told, as NDJSON, or a register's as Jepsen logs it: exit\n" +
      'status 5 where no order explains it, 4 where the search gave up, 2 where it is none.',
    examples: [
      ['all of a bank', 'bankd verify bankd-data'],
      ['a history', 'bankd verify history.ndjson'],
      ['what contradicts itself, as a picture', 'bankd verify history.ndjson --picture it.svg'],
      ['with every balance, for programs', 'bankd verify bankd-data/backend-1 --accounts --json'],
      [
        'that nothing was changed since `bankd status --json` showed a head',
        'bankd verify --expect-head SEQ:HASH bankd-data/backend-1',
      ],
    ],
  };

  readonly accounts = options.flag('--accounts', 'list every account and its balance');
  readonly json = options.flag('--json', 'one JSON object a directory or file');
  readonly expectHead = Option.String('--expect-head', {
    description: 'prove that each backend has the history that ended in this head',
  });
  readonly existing = options.flag(
    '--existing', 'of a history: the bank was not empty before, or others used it, too');
  readonly effort = Option.String('--effort', String(EFFORT_DEFAULT), {
    description: `of a history: how many configurations to search (default ${EFFORT_DEFAULT})`,
    validator: isWholeNumber(1, Number.MAX_SAFE_INTEGER),
  });
  readonly picture = Option.String('--picture', {
    description: 'of a history: where to draw what contradicts itself, as SVG',
    validator: isNotEmpty(),
  });
  readonly targets = Option.Rest();

  override async execute(): Promise<number> {
    if (this.targets.length === 0) throw missingOption('DIRECTORY');
    // Only now: the help does without it.
    const { isHistory } = await import('../verify-histories.ts');
    const { verifyDirectories } = await import('../verify-directories.ts');
    const { histories = [], directories = [] } = Object.groupBy(this.targets, (path) =>
      isHistory(path) ? 'histories' : 'directories');
    const ofHistories = histories.length > 0 ? await this.#verifyHistories(histories) : EXIT.done;
    if (directories.length === 0 && this.expectHead === undefined) return ofHistories;
    const { accounts, json, expectHead } = this;
    const asked = { accounts, json, expectHead };
    return Math.max(ofHistories, await verifyDirectories(this.context, directories, asked));
  }

  async #verifyHistories(paths: readonly string[]): Promise<number> {
    const { verifyHistories } = await import('../verify-histories.ts');
    const { json, effort, existing: isExisting, picture } = this;
    return verifyHistories(
      this.context, paths, { json, effort: Number(effort), isExisting, picture });
  }
}
