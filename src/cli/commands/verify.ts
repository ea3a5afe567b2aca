/** `bankd verify`: checks the directories of a stopped bank, and compares them. */
import { Option } from 'clipanion';
import { BankdCommand, type Usage } from '../command.ts';
import { missingOption, options } from '../options.ts';
import { verifyDirectories } from '../verify-directories.ts';

export class VerifyCommand extends BankdCommand {
  static override readonly paths = [['verify']];
  static override readonly words = 'anywhere';
  static override readonly wordsPlaceholder = 'DIRECTORY…';
  static override readonly about: Usage = {
    description: 'check and compare the directories of a stopped bank',
    details: 'Exit status 5 where one is damaged, two differ, or the head is not there.',
    examples: [
      ['all of a bank', 'bankd verify bankd-data'],
      ['with every balance, for programs', 'bankd verify bankd-data/backend-1 --accounts --json'],
      [
        'that nothing was changed since `bankd status --json` showed a head',
        'bankd verify --expect-head SEQ:HASH bankd-data/backend-1',
      ],
    ],
  };

  readonly accounts = options.flag('--accounts', 'list every account and its balance');
  readonly json = options.flag('--json', 'one JSON object a directory');
  readonly expectHead = Option.String('--expect-head', {
    description: 'prove that each backend has the history that ended in this head',
  });
  readonly directories = Option.Rest();

  override async execute(): Promise<number> {
    if (this.directories.length === 0) throw missingOption('DIRECTORY');
    const { accounts, json, expectHead } = this;
    return verifyDirectories(this.context, this.directories, { accounts, json, expectHead });
  }
}
