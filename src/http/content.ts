/** Bodies: JSON and nothing else, and no deeper than anybody means it. */
import type { FastifyInstance } from 'fastify';
import { HttpError } from './errors.js';

/** Deeper than the inputs of any stack (which may be 32 levels deep), far from the end of the call stack. */
const MAX_DEPTH = 48;

export function readOnlyJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const parse = server.getDefaultJsonParser('error', 'ignore');
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.toString();
    if (depthOf(text) > MAX_DEPTH) {
      done(new HttpError('MALFORMED', `the body is nested deeper than ${MAX_DEPTH} levels`));
      return;
    }
    void parse(request, text, (error, value) => {
      if (error === null) done(null, value);
      else if ('code' in error && error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY') done(error);
      else
        done(
          new HttpError('MALFORMED', 'the body is not JSON, or has a field named __proto__', {
            cause: error,
          }),
        );
    });
  });
}

/** How deep brackets are nested, those in strings left aside; of a text that may not be JSON. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charCodeAt(i);
    if (quoted) {
      if (character === BACKSLASH) i += 1;
      else if (character === QUOTE) quoted = false;
    } else if (character === QUOTE) quoted = true;
    else if (character === BRACE || character === BRACKET) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (character === BRACE_END || character === BRACKET_END) depth -= 1;
  }
  return deepest;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
