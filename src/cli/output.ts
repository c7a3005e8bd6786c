/** How a command speaks: one JSON value or lines of JSON to programs, text and colour to people. */
import { styleText } from 'node:util';
import { shownError } from './failure.js';
import { Interrupted, type Io, type Screen } from './io.js';
import { printable, printableJson, printableLines } from './printable.js';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export interface OutputOptions {
  readonly json: boolean;
  /** False for `--no-color`. */
  readonly color: boolean;
}

export class Output {
  /** Whether programs are spoken to. */
  readonly json: boolean;
  readonly #io: Io;
  readonly #color: boolean;

  constructor(io: Io, { json, color }: OutputOptions) {
    this.#io = io;
    this.json = json;
    this.#color = color && !json;
  }

  get screen(): Screen {
    return this.#io.stdout;
  }

  /** A person looks at the output while it grows. */
  get live(): boolean {
    return this.#io.stdout.isTTY && !this.json;
  }

  /** One JSON value on one line of stdout. */
  value(value: unknown): void {
    this.#io.stdout.write(`${printableJson(value)}\n`);
  }

  /** A line for people on stdout. What comes from outside has to be `printable`. */
  line(text = ''): void {
    this.#io.stdout.write(`${text}\n`);
  }

  /** A remark on stderr, beside the result. */
  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  /** For stdout. */
  paint(style: Style, text: string): string {
    return paint(this.#io, this.#io.stdout, this.#color, style, text);
  }

  /** For stderr. */
  paintNote(style: Style, text: string): string {
    return paint(this.#io, this.#io.stderr, this.#color, style, text);
  }

  /** `error: …` and `mend: …` on stderr, or `{"error": …}` on stdout. */
  error(error: unknown): void {
    if (error instanceof Interrupted && error.by === 'EPIPE') return;
    const shown = shownError(error);
    if (this.json) {
      this.value({ error: shown });
      return;
    }
    this.note(`${this.paintNote('red', 'error:')} ${printableLines(shown.message)}`);
    this.note(`${this.paintNote('bold', 'mend:')} ${printable(shown.mend)}`);
  }
}

/** Colour only on a terminal that wants it: no-color.org, and FORCE_COLOR for pipes that do. */
function paint({ env }: Io, screen: Screen, allowed: boolean, style: Style, text: string): string {
  const forced = !['', '0', undefined].includes(env['FORCE_COLOR']);
  const wanted = screen.isTTY && env['TERM'] !== 'dumb';
  if (!allowed || filled(env['NO_COLOR']) || !(forced || wanted)) return text;
  return styleText(style, text, { validateStream: false });
}

const filled = (value: string | undefined): boolean => value !== undefined && value !== '';
