/** The generated part of docs/operations.md: every error code with its class and its mend, from src/errors.ts. */
import { ERROR_KINDS } from '../../src/errors.js';
import { table } from './page.js';

export const errorCodeTable = (): string =>
  table(
    ['code', 'class', 'mend'],
    Object.entries(ERROR_KINDS).map(([code, kind]) => [`\`${code}\``, kind.class, kind.mend]),
  );
