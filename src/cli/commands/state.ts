/** `nodeyard state …`: the Terraform states of nodes. What a resource holds is never shown: it may be a secret. */
import type { Command } from 'commander';
import type { Act } from '../call.js';
import { defineStateExport } from './state-export.js';
import { defineStateImport } from './state-import.js';
import { defineStateLs } from './state-ls.js';
import { defineStateQuarantine } from './state-quarantine.js';
import { defineStateShow } from './state-show.js';
import { defineStateVersions } from './state-versions.js';

export function defineState(program: Command, act: Act): void {
  const state = program
    .command('state')
    .description('List, show, export and import the Terraform states of nodes.');
  for (const define of [
    defineStateLs,
    defineStateShow,
    defineStateVersions,
    defineStateQuarantine,
    defineStateExport,
    defineStateImport,
  ]) {
    define(state, act);
  }
}
