/** `bankd verify`: checks the directories of stopped backends, and compares them. */
import { Option } from 'clipanion';
import { verifyDirectory, type DirectoryVerdict } from '../../host/verify-directory.ts';
import { isTerminal } from '../colour.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { note } from '../context.ts';
import { EXIT } from '../exit-status.ts';
import { missingOption, options } from '../options.ts';
import { ProgressLine } from '../progress-line.ts';
import { differences, verdictJson, verdictLines } from '../verdict.ts';

export class VerifyCommand extends BankdCommand {
  static override readonly paths = [['verify']];
  static override readonly words = 'anywhere';
  static override readonly wordsPlaceholder = 'DIRECTORY…';
  static override readonly about: Usage = {
    description: 'check and compare the directories of stopped backends',
    details: 'Exit status 5 where one is damaged or two at the same seq differ.',
    examples: [
      ['all three', 'bankd verify bankd-data/backend-*'],
      ['with every balance, for programs', 'bankd verify bankd-data/backend-1 --accounts --json'],
    ],
  };

  readonly accounts = options.flag('--accounts', 'list every account and its balance');
  readonly json = options.flag('--json', 'one JSON object a directory');
  readonly directories = Option.Rest();

  override async execute(): Promise<number> {
    if (this.directories.length === 0) throw missingOption('DIRECTORY');
    const verdicts: DirectoryVerdict[] = [];
    for (const directory of this.directories) {
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
