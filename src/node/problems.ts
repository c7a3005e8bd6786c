/** What a schema found wrong, in words that name the field: shared by jobs, stack inputs and requests. */
import type { z } from 'zod';
import { NodeyardError } from '../errors.js';

export interface Problem {
  /** Path of the field, `node.inputs.ports[0]`; empty for the whole. */
  readonly field: string;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** Reads `value` by `schema`. Throws INVALID_INPUT that lists every problem; `root` is put before each field. */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown, root = ''): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error.issues, root);
  const message = problems.map(({ field, message: text }) => `${field || 'data'}: ${text}`).join('; ');
  const field = problems[0]?.field;
  throw new NodeyardError('INVALID_INPUT', message, field ? { field } : {});
}

/** One problem per wrong field, flattened out of unions and records. */
function problemsOf(issues: readonly Issue[], root = ''): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const field = pathText(issue.path, root);
    switch (issue.code) {
      case 'invalid_union':
        return issue.errors.length === 0
          ? [{ field, message: issue.message }]
          : problemsOf(closest(issue.errors), field);
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({
          field: pathText([key], field),
          message: 'is not a known field; remove it',
        }));
      case 'invalid_key':
        return issue.issues.map(({ message }) => ({ field, message: `its name ${message}` }));
      default:
        return [{ field, message: issue.message }];
    }
  });
}

/** Of a union’s branches, the one that the writer most probably meant: the one that went deepest before it failed. */
function closest(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const depth = (branch: readonly Issue[]): number => Math.max(...branch.map((issue) => issue.path.length));
  const unknown = (branch: readonly Issue[]): number =>
    branch.filter((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0).length;
  const sorted = [...branches].sort(
    (a, b) => unknown(a) - unknown(b) || depth(b) - depth(a) || a.length - b.length,
  );
  return sorted[0] ?? [];
}

function pathText(path: readonly PropertyKey[], root: string): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, root);
}
