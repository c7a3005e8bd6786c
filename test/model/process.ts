/** A process of the model: awake, frozen or dead. What a dead one waits for never comes. */

export class ModelProcess {
  readonly name: string;
  readonly pid: number;
  /** What happens at its death, at once: its pipes close, its locks go stale. */
  readonly onDeath: (() => void)[] = [];
  #state: 'awake' | 'frozen' | 'dead' = 'awake';

  constructor(name: string, pid: number) {
    this.name = name;
    this.pid = pid;
  }

  get awake(): boolean {
    return this.#state === 'awake';
  }
  get frozen(): boolean {
    return this.#state === 'frozen';
  }
  get dead(): boolean {
    return this.#state === 'dead';
  }

  freeze(): void {
    if (this.awake) this.#state = 'frozen';
  }
  wake(): void {
    if (this.frozen) this.#state = 'awake';
  }
  die(): void {
    if (this.dead) return;
    this.#state = 'dead';
    for (const heard of this.onDeath) heard();
  }
}
