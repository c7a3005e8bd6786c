/** The settings of what nodes are told to do. */
import type { z } from 'zod';
import { about, section } from './section.js';
import { duration, LONGEST_TIMER } from './units.js';

export const commands = section({
  visibility: duration({ min: '100ms', max: LONGEST_TIMER })
    .prefault('30s')
    .meta(about('How long a node may take to acknowledge a command before it is delivered once more.')),
  expiry: duration({ min: '1s', max: '30d' })
    .prefault('1h')
    .meta(about('How long a command waits for its acknowledgement, unless whoever asks says otherwise.')),
});

export const compileCommands = ({ visibility, expiry }: z.output<typeof commands>) => ({
  visibilityMs: visibility,
  expiryMs: expiry,
});
