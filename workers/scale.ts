/** Consumes nodeyard-scale: the scheduled look at the node groups. */
import type { App } from '../src/app.js';
import { scalingParts } from '../src/fleet/scaling/parts.js';
import { type ScalingReport, scale } from '../src/fleet/scaling.js';
import { type Looking, startLooking } from './look.js';

export function startScaling(app: App): Promise<Looking> {
  const parts = scalingParts(app);
  return startLooking(app, {
    name: 'scale',
    intervalMs: app.config.scaling.intervalMs,
    look: (signal) => scale(parts, { signal }),
    kept: summaryOf,
  });
}

/** Sizes and what was done; the nodes themselves would be too much for a job. */
const summaryOf = ({ groups, failures }: ScalingReport): unknown => ({
  groups: groups.map(({ group, roles, ending }) => ({
    group: group.config.name,
    roles: roles.map(({ decision: { role, size, desired, why }, acts }) => ({
      role,
      size,
      desired,
      why,
      acts: acts.length,
    })),
    ...(ending === undefined ? {} : { nodesLeft: ending.left }),
  })),
  failures,
});
