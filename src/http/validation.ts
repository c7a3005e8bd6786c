/** What comes in, by the zod schemas of the routes: every wrong or unknown field is refused by name. */
import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { NodeyardError } from '../errors.js';
import { parseInput } from '../node/problems.js';

export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data: unknown) => {
    try {
      // A request without a body has null for it.
      return { value: parseInput(schema, httpPart === 'body' ? (data ?? undefined) : data) };
    } catch (error) {
      if (error instanceof NodeyardError) return { error };
      if (error instanceof RangeError) return { error: tooDeep() };
      throw error;
    }
  };

const tooDeep = (): NodeyardError => new NodeyardError('INVALID_INPUT', 'data: is nested too deeply');
