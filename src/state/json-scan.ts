/**
 * Where things stand in a JSON text: just enough to edit a document in place, character by character, instead of
 * parsing and printing it (which changes large numbers and the order of keys). The text must be valid JSON.
 */

/** Visits members and elements; the visitor must consume the value with `skip`, `members` or `elements`. */
export class JsonScan {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Offset of the next value’s first character. */
  position(): number {
    this.#blank();
    return this.#at;
  }

  /** Walks an object; any other value is skipped without a visit. */
  members(visit: (key: string) => void): void {
    if (this.#peek() !== '{') {
      this.skip();
      return;
    }
    this.#list('}', () => {
      const start = this.position();
      this.skip();
      const key: unknown = JSON.parse(this.#text.slice(start, this.#at));
      this.#blank();
      this.#at += 1; // the colon
      visit(String(key));
    });
  }

  /** Walks an array; any other value is skipped without a visit. */
  elements(visit: (index: number) => void): void {
    if (this.#peek() !== '[') {
      this.skip();
      return;
    }
    let index = 0;
    this.#list(']', () => {
      visit(index);
      index += 1;
    });
  }

  /** Consumes one value of any kind, without recursion: documents may be deep. */
  skip(): void {
    let depth = 0;
    do {
      const token = this.#token();
      if (token === '{' || token === '[') depth += 1;
      if (token === '}' || token === ']') depth -= 1;
    } while (depth > 0);
  }

  #list(end: string, item: () => void): void {
    this.#at += 1;
    while (this.#peek() !== end) {
      item();
      if (this.#peek() === ',') this.#at += 1;
    }
    this.#at += 1;
  }

  #token(): string {
    if (this.#peek() === '"') return this.#string();
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text)?.[0];
    if (token === undefined) throw new SyntaxError(`not JSON at position ${this.#at}`);
    this.#at += token.length;
    return token;
  }

  /** By hand: a pattern would need stack for every character of a long string. */
  #string(): string {
    let end = this.#at + 1;
    while (this.#text[end] !== '"') {
      if (end >= this.#text.length) throw new SyntaxError('the JSON text ends inside a string');
      end += this.#text[end] === '\\' ? 2 : 1;
    }
    this.#at = end + 1;
    return '"';
  }

  #peek(): string {
    this.#blank();
    const next = this.#text[this.#at];
    if (next === undefined) throw new SyntaxError('the JSON text ends too early');
    return next;
  }

  #blank(): void {
    BLANK.lastIndex = this.#at;
    BLANK.test(this.#text);
    this.#at = BLANK.lastIndex;
  }
}

const BLANK = /[\t\n\r ]*/y;
const TOKEN = /[{}[\],:]|[^{}[\],:"\t\n\r ]+/y;
