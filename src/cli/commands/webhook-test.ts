/** `nodeyard webhook test`: sends a test message from here, and shows what the receiver says. */
import type { Command } from 'commander';
import { assertNever } from '../../errors.js';
import type { Trial } from '../../webhooks/webhooks.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { withFleet } from '../opened.js';
import { printable } from '../printable.js';
import { teach } from '../teach.js';
import { elapsed } from '../times.js';

export function defineWebhookTest(webhook: Command, act: Act): void {
  const command = webhook
    .command('test')
    .description('Send a test message from here, once, and show the answer.')
    .argument('<ID>', 'the webhook')
    .action((id: string) => act((call) => test(call, id)));
  teach(command, { examples: [['nodeyard webhook test wh3x9w2m1qa7kf']], exits: ['redis', 'missing'] });
}

async function test(call: Call, id: string): Promise<ExitName> {
  const { output } = call;
  return withFleet(call, async ({ webhooks }) => {
    const trial = await webhooks.test(id);
    if (output.json) output.value(trial);
    else {
      const verdict = trial.delivered
        ? output.paint('green', 'delivered')
        : output.paint('red', 'not delivered');
      output.line(`${verdict}: ${answerText(trial)}, after ${elapsed(trial.ms)}`);
    }
    return trial.delivered ? 'done' : 'failed';
  });
}

function answerText({ answer }: Trial): string {
  switch (answer.kind) {
    case 'answered':
      return [`status ${answer.status}`, ...(answer.said === '' ? [] : [printable(answer.said)])].join(' ');
    case 'unanswered':
      return `${answer.problem} (${printable(answer.detail)})`;
    case 'stopped':
      return 'stopped';
    default:
      return assertNever(answer);
  }
}
