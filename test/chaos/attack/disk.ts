/** The disk of a data directory is full for a while. */
import type { PlannedOn, Strike } from './scene.js';

export const strikeDisk: Strike<PlannedOn<'disk'>> = async ({ disks }, { pick, forMs }, ending) => {
  const fillable = disks.filter(({ problem }) => problem === undefined);
  const disk = fillable[Math.floor(pick * fillable.length)];
  if (disk === undefined) return undefined;
  return { whom: disk.path, over: disk.fill(forMs, ending) };
};
