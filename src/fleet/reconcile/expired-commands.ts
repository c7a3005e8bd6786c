/** Commands that a node has not acknowledged in time end, and its history says so. A node that polls ends its own. */
import type { CommandPlace } from '../../commands/commands.js';
import { defineRule, type Finding } from './rule.js';

const BATCH = 200;

interface ExpiredCommand extends Finding {
  readonly place: CommandPlace;
}

export const expiredCommands = defineRule<ExpiredCommand>('commands', {
  async find({ commands }) {
    const places = await commands.expired(BATCH);
    return places.map((place): ExpiredCommand => {
      const { nodeId, id } = place;
      const reason = `command ${id} was not acknowledged in time`;
      return { rule: 'commands', nodeId, action: 'expire', reason, routine: true, place };
    });
  },

  async act({ commands }, { place }) {
    return (await commands.expire(place)) ? 'done' : 'passed';
  },
});
