/** The documents as the tests read them: pages, their links, code blocks and spans. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Block {
  readonly language: string;
  readonly code: string;
  /** What the comment above it says: `<!-- run: producer.mjs -->` is `{ does: 'run', what: 'producer.mjs' }`. */
  readonly mark?: { readonly does: string; readonly what: string };
}

export interface Page {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Without the code blocks. */
  readonly prose: string;
}

const BLOCK = /(?:^<!-- (?<does>\w+): (?<what>[\w.-]+) -->\n+)?^```(?<language>\w*)\n(?<code>.*?)^```$/gms;

/** Every Markdown file of the repository, those of dependencies excepted. */
export function pages(): readonly Page[] {
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  return [...top, ...docs].map(readPage);
}

export const page = (path: string): Page => readPage(path);

function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const blocks = [...text.matchAll(BLOCK)].map(({ groups = {} }): Block => {
    const { does, what, language = '', code = '' } = groups;
    return { language, code, ...(does && what ? { mark: { does, what } } : {}) };
  });
  return {
    path: relative(ROOT, join(ROOT, path)).split(sep).join('/'),
    text,
    blocks,
    prose: text.replace(BLOCK, ''),
  };
}

/** Texts between backticks, outside of code blocks. */
export const codeSpans = ({ prose }: Page): readonly string[] =>
  [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);

/** Targets of links and of link definitions. */
export const links = ({ prose }: Page): readonly string[] => {
  const withoutCode = prose.replace(/`[^`\n]+`/g, '');
  const inline = [...prose.matchAll(/\]\(([^)\s]+)\)/g)];
  const defined = [...withoutCode.matchAll(/^\[[^\]]+\]: (\S+)$/gm)];
  return [...inline, ...defined].map(([, target = '']) => target);
};

/** Anchors as GitHub makes them of headings. */
export const anchors = ({ prose }: Page): readonly string[] =>
  [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** The blocks of all pages that bear this mark. */
export const marked = (does: string): readonly (Block & { readonly page: string; readonly what: string })[] =>
  pages().flatMap(({ path, blocks }) =>
    blocks.flatMap((block) =>
      block.mark?.does === does ? [{ ...block, page: path, what: block.mark.what }] : [],
    ),
  );
