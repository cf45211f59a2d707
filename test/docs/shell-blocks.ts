/** A ```sh block of a document, and what the document says that its commands print. */
export interface ShellBlock {
  /** Line of the document. */
  readonly line: number;
  readonly commands: string;
  /** The last command is refused: the block is marked as `sh exit=1`. */
  readonly exitCode: number;
  /** The ```text block that follows, if one does with nothing but space between. */
  readonly shown: string | undefined;
}

const FENCED = /^```sh(?: exit=(\d))?\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms;

export function shellBlocks(markdown: string): ShellBlock[] {
  return [...markdown.matchAll(FENCED)].map(({ index, 1: exitCode = '0', 2: commands = '', 3: shown }) => ({
    line: markdown.slice(0, index).split('\n').length,
    commands,
    exitCode: Number(exitCode),
    shown,
  }));
}

/**
 * In shown output `…` stands for whatever differs from one time to the next: within a line for text without spaces at
 * least, alone on a line for any lines. How wide columns are makes no difference.
 */
export function matchesShown(output: string, shown: string): boolean {
  return new RegExp(`^${tidy(shown).split('\n').map(linePattern).join('')}$`).test(`${tidy(output)}\n`);
}

function tidy(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replaceAll(/\s+/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}

function linePattern(line: string): string {
  if (line === '…') {
    return '(?:.*\\n)*';
  }
  const parts = line.split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'));
  return `${parts.join('.*')}\\n`;
}
