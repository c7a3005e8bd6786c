/** Wakes a loop that has nothing to do. What rings while nobody sleeps is heard as soon as somebody would. */
export class Bell {
  #isRung = false;
  #wake: () => void = () => {};

  ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  /** Ends with the pause or at the next ring, whichever comes first; `pause` has to end with its signal. */
  async during(pause: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (!this.#isRung) {
      const nap = new AbortController();
      this.#wake = () => nap.abort();
      await pause(nap.signal);
      this.#wake = () => {};
    }
    this.#isRung = false;
  }
}
