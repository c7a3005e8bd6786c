/** One look at EC2, or one deed there: its calls have an end in common, and fail in the words of nodeyard. */
import type { EC2 } from '@aws-sdk/client-ec2';
import { NodeyardError } from '../../../src/errors.js';
import type { InventoryItem } from '../../../src/fleet/inventory.js';
import type { Marks } from './marks.js';
import { failureOf, nonsense } from './refusals.js';

/** What a kind of resource says of one of its own. */
export interface Found {
  readonly nodeId: string;
  readonly id: string;
  /** Milliseconds since 1970, where EC2 says it. */
  readonly createdAt?: number | undefined;
}

export type Target = Pick<InventoryItem, 'nodeId' | 'kind' | 'id'>;

interface CallOptions {
  readonly abortSignal: AbortSignal;
}

type Call<T> = (client: EC2, options: CallOptions) => Promise<T>;

export interface SessionParts {
  readonly client: EC2;
  readonly marks: Marks;
  readonly pageSize: number;
  /** When all calls of the session must have been answered. */
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
}

export class Session {
  readonly marks: Marks;
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.marks = parts.marks;
    this.#parts = parts;
  }

  /** Where no id is named, so nothing can be gone: that would be taken for success. Throws a NodeyardError. */
  async ask<T>(action: string, call: Call<T>): Promise<T> {
    const answer = await this.find(action, call);
    if (answer === undefined) throw nonsense(action, 'something is not found that was not asked for');
    return answer;
  }

  /** Undefined where EC2 does not know what was named. Throws a NodeyardError. */
  async find<T>(action: string, call: Call<T>): Promise<T | undefined> {
    const { client, signal, redact } = this.#parts;
    try {
      return await call(client, { abortSignal: signal });
    } catch (error) {
      if (signal.aborted) throw new NodeyardError('NETWORK', `EC2 ${action}: no answer in time`);
      const failure = failureOf(action, error, redact);
      if (failure.code === 'GONE') return undefined;
      throw failure;
    }
  }

  /** Every page, until EC2 names no next one. */
  async pages<Page extends { readonly NextToken?: string | undefined }>(
    action: string,
    page: (client: EC2, paging: Paging, options: CallOptions) => Promise<Page>,
  ): Promise<Page[]> {
    const { pageSize } = this.#parts;
    const pages: Page[] = [];
    let NextToken: string | undefined;
    do {
      const paging = { MaxResults: pageSize, NextToken };
      const answer = await this.ask(action, (client, options) => page(client, paging, options));
      pages.push(answer);
      ({ NextToken } = answer);
    } while (NextToken !== undefined && NextToken !== '');
    return pages;
  }

  /** Throws NOT_OURS where the tags are not those of the target any more. */
  requireMarks(tags: Parameters<Marks['ownerIn']>[0], { kind, id, nodeId }: Target): void {
    if (this.marks.ownerIn(tags) === nodeId) return;
    throw new NodeyardError(
      'NOT_OURS',
      `${kind} ${id} does not bear the marks of node "${nodeId}" of this fleet any more; it is left alone`,
    );
  }
}

interface Paging {
  readonly MaxResults: number;
  readonly NextToken: string | undefined;
}

export const isFailure = (error: unknown, code: NodeyardError['code']): error is NodeyardError =>
  error instanceof NodeyardError && error.code === code;
