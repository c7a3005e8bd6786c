/** The setting of the look at node groups. */
import { about, section } from './section.js';
import { duration } from './units.js';

export const scaling = section({
  interval: duration({ min: '100ms', max: '1h' })
    .prefault('4s')
    .meta(about('How often the sizes of the node groups are looked at.')),
});
