/** What the command line of the benchmarks says. */
import { parseArgs } from 'node:util';

export interface BenchRequest {
  /** In the order to run them. */
  readonly names: readonly string[];
  readonly form: 'text' | 'json' | 'markdown';
  readonly quick: boolean;
}

export type BenchArguments = BenchRequest | { readonly help: true } | { readonly problem: string };

/** `known` are the names of all benchmarks; they run when none is named. */
export function readArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { help: true };
    const unknown = positionals.filter((name) => !known.includes(name));
    if (unknown.length > 0) {
      return { problem: `There is no benchmark ${unknown.join(', ')}; known are ${known.join(', ')}.` };
    }
    if (values.json && values.markdown) return { problem: 'Choose one of --json and --markdown.' };
    return {
      names: positionals.length > 0 ? [...new Set(positionals)] : known,
      form: values.json ? 'json' : values.markdown ? 'markdown' : 'text',
      quick: values.quick,
    };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
