/** A block of lines at the end of a terminal that is drawn over and over. */
import type { Screen } from './io.js';

const ESC = '\u001b[';

export class LiveBlock {
  readonly #screen: Screen;
  #drawn = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Replaces what was drawn before; lines beyond the terminal’s height could not be drawn over and are left out. */
  draw(lines: readonly string[]): void {
    const shown = lines.slice(0, Math.max(1, this.#screen.rows - 1));
    const up = this.#drawn === 0 ? '' : `${ESC}${this.#drawn}A`;
    // Without wrapping one line stays one line, whatever its width.
    const body = shown.map((line) => `${ESC}2K${line}\n`).join('');
    this.#screen.write(`${ESC}?7l${up}\r${body}${ESC}0J${ESC}?7h`);
    this.#drawn = shown.length;
  }
}
