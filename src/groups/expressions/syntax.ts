/**
 * The tree of an expression, and the reader that makes one: numbers and truths are told apart here, so that nothing can go
 * wrong later. From loosest to tightest: `||`, `&&`, `!`, `< > <= >=`, `+ -`, `* /`, the sign.
 */
import { metricOf } from './metrics.js';
import { problem } from './problem.js';
import { type Operator, type Token, tokensOf } from './tokens.js';

export const AGGREGATES = ['avg', 'sum', 'min', 'max', 'count'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

export type NumberTree =
  | { readonly is: 'constant'; readonly value: number }
  /** Of one node. */
  | { readonly is: 'metric'; readonly metric: string }
  /** Over the nodes that report the metric. */
  | { readonly is: 'aggregate'; readonly aggregate: Aggregate; readonly metric: string }
  | { readonly is: 'negative'; readonly of: NumberTree }
  | {
      readonly is: 'arithmetic';
      readonly operator: '+' | '-' | '*' | '/';
      readonly left: NumberTree;
      readonly right: NumberTree;
    };

export type TruthTree =
  | { readonly is: 'not'; readonly of: TruthTree }
  | { readonly is: 'and' | 'or'; readonly left: TruthTree; readonly right: TruthTree }
  | {
      readonly is: 'comparison';
      readonly operator: '<' | '>' | '<=' | '>=';
      readonly left: NumberTree;
      readonly right: NumberTree;
    };

/** What a name stands for: `node`, the load of one node; `nodes`, aggregates over those of a role. */
export type Scope = 'node' | 'nodes';

type Tree = { readonly at: number } & (
  | { readonly type: 'number'; readonly tree: NumberTree }
  | { readonly type: 'truth'; readonly tree: TruthTree }
);

const LONGEST = 1_000;
/** Of parentheses and signs. */
const DEEPEST = 50;

export const readNumber = (text: string, scope: Scope): NumberTree => {
  const read = new Reader(text, scope).whole();
  if (read.type === 'number') return read.tree;
  throw problem(text, read.at, 'this is true or false, and a number is needed');
};

export const readTruth = (text: string, scope: Scope): TruthTree => {
  const read = new Reader(text, scope).whole();
  if (read.type === 'truth') return read.tree;
  throw problem(
    text,
    read.at,
    'this is a number, and something that is true or false is needed, such as `… > 10`',
  );
};

class Reader {
  readonly #text: string;
  readonly #scope: Scope;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string, scope: Scope) {
    if (text.length > LONGEST)
      throw problem(text.slice(0, 40), 0, `an expression has at most ${LONGEST} characters`);
    this.#text = text;
    this.#scope = scope;
    this.#tokens = tokensOf(text);
  }

  whole(): Tree {
    const tree = this.#or();
    const rest = this.#peek();
    if (rest.kind !== 'end') throw this.#problem(rest.at, `${said(rest)} is not expected here`);
    return tree;
  }

  #or(): Tree {
    let left = this.#and();
    while (this.#takes('||')) left = this.#joined('or', left, this.#and());
    return left;
  }

  #and(): Tree {
    let left = this.#not();
    while (this.#takes('&&')) left = this.#joined('and', left, this.#not());
    return left;
  }

  #not(): Tree {
    const { at } = this.#peek();
    if (!this.#takes('!')) return this.#comparison();
    const of = this.#deeper(at, () => this.#not());
    return { at, type: 'truth', tree: { is: 'not', of: this.#truth(of) } };
  }

  #comparison(): Tree {
    const left = this.#sum();
    const operator = this.#takesOneOf('<=', '>=', '<', '>');
    if (operator === undefined) return left;
    const right = this.#sum();
    const tree = {
      is: 'comparison',
      operator,
      left: this.#number(left),
      right: this.#number(right),
    } as const;
    return { at: left.at, type: 'truth', tree };
  }

  #sum(): Tree {
    let left = this.#product();
    for (;;) {
      const operator = this.#takesOneOf('+', '-');
      if (operator === undefined) return left;
      left = this.#arithmetic(operator, left, this.#product());
    }
  }

  #product(): Tree {
    let left = this.#signed();
    for (;;) {
      const operator = this.#takesOneOf('*', '/');
      if (operator === undefined) return left;
      left = this.#arithmetic(operator, left, this.#signed());
    }
  }

  #signed(): Tree {
    const { at } = this.#peek();
    if (!this.#takes('-')) return this.#single();
    const of = this.#deeper(at, () => this.#signed());
    return { at, type: 'number', tree: { is: 'negative', of: this.#number(of) } };
  }

  #single(): Tree {
    const token = this.#take();
    const { at } = token;
    if (token.kind === 'number') return { at, type: 'number', tree: { is: 'constant', value: token.value } };
    if (token.kind === 'name') return this.#named(token.name, at);
    if (token.kind !== 'operator' || token.operator !== '(')
      throw this.#problem(at, `${said(token)} is not expected here; a number, a metric or "(" is`);
    const inner = this.#deeper(at, () => this.#or());
    this.#close();
    return { ...inner, at };
  }

  #named(name: string, at: number): Tree {
    if (!this.#takes('(')) {
      if (this.#scope === 'node')
        return { at, type: 'number', tree: { is: 'metric', metric: metricOf(name) } };
      throw this.#problem(
        at,
        `${name} is a number of each node; say over all of them what you mean, such as avg(${name})`,
      );
    }
    const aggregate = AGGREGATES.find((each) => each === name);
    if (aggregate === undefined) throw this.#problem(at, `${name}(…) is none of ${AGGREGATES.join(', ')}`);
    if (this.#scope === 'node')
      throw this.#problem(at, `${name}(…) speaks of many nodes, and this is about one`);
    const metric = this.#take();
    if (metric.kind !== 'name') throw this.#problem(metric.at, `${name}(…) takes the name of a metric`);
    this.#close();
    return { at, type: 'number', tree: { is: 'aggregate', aggregate, metric: metricOf(metric.name) } };
  }

  #close(): void {
    const { at } = this.#peek();
    if (!this.#takes(')')) throw this.#problem(at, 'a ")" is missing here');
  }

  #joined(is: 'and' | 'or', left: Tree, right: Tree): Tree {
    return { at: left.at, type: 'truth', tree: { is, left: this.#truth(left), right: this.#truth(right) } };
  }

  #arithmetic(operator: '+' | '-' | '*' | '/', left: Tree, right: Tree): Tree {
    const tree = {
      is: 'arithmetic',
      operator,
      left: this.#number(left),
      right: this.#number(right),
    } as const;
    return { at: left.at, type: 'number', tree };
  }

  #number(tree: Tree): NumberTree {
    if (tree.type === 'number') return tree.tree;
    throw this.#problem(tree.at, 'this is true or false, and a number is needed here');
  }

  #truth(tree: Tree): TruthTree {
    if (tree.type === 'truth') return tree.tree;
    throw this.#problem(tree.at, 'this is a number, and something that is true or false is needed here');
  }

  #deeper<T>(at: number, read: () => T): T {
    if (this.#depth === DEEPEST) throw this.#problem(at, `an expression goes at most ${DEEPEST} deep`);
    this.#depth += 1;
    const inner = read();
    this.#depth -= 1;
    return inner;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', at: this.#text.length };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #takes(operator: Operator): boolean {
    return this.#takesOneOf(operator) !== undefined;
  }

  #takesOneOf<O extends Operator>(...operators: readonly O[]): O | undefined {
    const token = this.#peek();
    const found = token.kind === 'operator' ? operators.find((each) => each === token.operator) : undefined;
    if (found !== undefined) this.#next += 1;
    return found;
  }

  #problem(at: number, what: string): Error {
    return problem(this.#text, at, what);
  }
}

function said(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end';
    case 'name':
      return token.name;
    case 'number':
      return String(token.value);
    case 'operator':
      return `"${token.operator}"`;
  }
}
