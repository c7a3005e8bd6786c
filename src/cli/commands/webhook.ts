/** `nodeyard webhook …`: where events are sent to. */
import type { Command } from 'commander';
import type { Act } from '../call.js';
import { defineWebhookAdd } from './webhook-add.js';
import { defineWebhookDisable, defineWebhookEnable } from './webhook-enable.js';
import { defineWebhookLs } from './webhook-ls.js';
import { defineWebhookRedeliver } from './webhook-redeliver.js';
import { defineWebhookRm } from './webhook-rm.js';
import { defineWebhookShow } from './webhook-show.js';
import { defineWebhookTest } from './webhook-test.js';

export function defineWebhook(program: Command, act: Act): void {
  const webhook = program
    .command('webhook')
    .description('Have events sent to a URL, signed, and see what became of them.');
  for (const define of [
    defineWebhookAdd,
    defineWebhookLs,
    defineWebhookShow,
    defineWebhookTest,
    defineWebhookDisable,
    defineWebhookEnable,
    defineWebhookRedeliver,
    defineWebhookRm,
  ]) {
    define(webhook, act);
  }
}
