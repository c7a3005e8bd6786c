/** What Prometheus is told in one answer, in its text format. */

export interface Scrape {
  readonly contentType: string;
  readonly body: string;
}

/** Several as one: no two of them may tell of the same metric. */
export const joined = (first: Scrape, ...rest: readonly Scrape[]): Scrape => ({
  contentType: first.contentType,
  body: [first, ...rest].map(({ body }) => body).join('\n'),
});
