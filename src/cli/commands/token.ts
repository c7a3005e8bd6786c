/** `nodeyard token …`: the tokens that the HTTP API takes. */
import type { Command } from 'commander';
import type { Act } from '../call.js';
import { defineTokenCreate } from './token-create.js';
import { defineTokenLs } from './token-ls.js';
import { defineTokenNode } from './token-node.js';
import { defineTokenRevoke } from './token-revoke.js';

export function defineToken(program: Command, act: Act): void {
  const token = program.command('token').description('Make, list and revoke the tokens of the HTTP API.');
  for (const define of [defineTokenCreate, defineTokenLs, defineTokenRevoke, defineTokenNode])
    define(token, act);
}
