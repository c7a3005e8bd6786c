/** `nodeyard group …`: the node groups that are configured. `nodeyard apply` makes and changes them. */
import type { Command } from 'commander';
import type { Act } from '../call.js';
import { defineGroupDelete } from './group-delete.js';
import { defineGroupHistory } from './group-history.js';
import { defineGroupLs } from './group-ls.js';
import { defineGroupPause, defineGroupResume } from './group-pause.js';
import { defineGroupShow } from './group-show.js';

export function defineGroup(program: Command, act: Act): void {
  const group = program
    .command('group')
    .description('Look at node groups, pause and resume their scaling, delete them.');
  for (const define of [
    defineGroupLs,
    defineGroupShow,
    defineGroupPause,
    defineGroupResume,
    defineGroupHistory,
    defineGroupDelete,
  ]) {
    define(group, act);
  }
}
