/**
 * `bankd verify`: checks recorded histories, and the directories of stopped backends, which it
 * compares.
 */
import { Option } from 'clipanion';
import { verifyDirectory, type DirectoryVerdict } from '../../host/verify-directory.ts';
import { EFFORT_DEFAULT } from '../../verify/check-history.ts';
import { isTerminal } from '../colour.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { note } from '../context.ts';
import { EXIT } from '../exit-status.ts';
import { missingOption, options } from '../options.ts';
import { ProgressLine } from '../progress-line.ts';
import { isNotEmpty, isWholeNumber } from '../validators.ts';
import { differences, verdictJson, verdictLines } from '../verdict.ts';
import { isHistory, verifyHistories } from '../verify-histories.ts';

export class VerifyCommand extends BankdCommand {
  static override readonly paths = [['verify']];
  static override readonly words = 'anywhere';
  static override readonly wordsPlaceholder = 'DIRECTORY|FILE…';
  static override readonly about: Usage = {
    description: 'check recorded histories, and the directories of stopped backends',
    details: 'A directory is checked and compared with the others: exit status 5 where one is ' +
      'damaged or two at the same seq differ. A file, or - for stdin, is a history of what ' +
      'clients asked and were told, as NDJSON or a register\'s as Jepsen logs it: exit status 5 ' +
      'where no order explains it, 4 where the search gave up, 2 where it is no history.',
    examples: [
      ['a history', 'bankd verify history.ndjson'],
      ['what contradicts itself, as a picture', 'bankd verify history.ndjson --picture it.svg'],
      ['all three', 'bankd verify bankd-data/backend-*'],
      ['with every balance, for programs', 'bankd verify bankd-data/backend-1 --accounts --json'],
    ],
  };

  readonly accounts = options.flag('--accounts', 'list every account and its balance');
  readonly json = options.flag('--json', 'one JSON object a directory or file');
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
    const { json, effort, existing: isExisting, picture } = this;
    const { histories = [], directories = [] } = Object.groupBy(this.targets, (path) =>
      isHistory(path) ? 'histories' : 'directories');
    const status = await verifyHistories(
      this.context, histories, { json, effort: Number(effort), isExisting, picture });
    const ofDirectories = await this.#verifyAll(directories);
    return ofDirectories === EXIT.done ? status : ofDirectories;
  }

  async #verifyAll(directories: readonly string[]): Promise<number> {
    const verdicts: DirectoryVerdict[] = [];
    for (const directory of directories) {
      const verdict = await this.#verify(directory);
      this.context.stdout.write(`${this.#format(verdict)}\n`);
      verdicts.push(verdict);
    }
    const differing = differences(verdicts);
    for (const sentence of differing) note(this.context, `error: ${sentence}`);
    const isIntact = verdicts.every(({ ok }) => ok) && differing.length === 0;
    return isIntact ? EXIT.done : EXIT.integrity;
  }

  async #verify(directory: string): Promise<DirectoryVerdict> {
    const { stderr } = this.context;
    using progress = isTerminal(stderr) ? new ProgressLine(stderr, directory) : undefined;
    return await verifyDirectory(directory, (seq) => progress?.show(`entry ${seq}`));
  }

  #format(verdict: DirectoryVerdict): string {
    if (this.json) return JSON.stringify(verdictJson(verdict, this.accounts));
    return verdictLines(verdict, this.accounts).join('\n');
  }
}
