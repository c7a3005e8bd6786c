/** The generated parts of docs/rehearsal.md: the ready-made plans of faults and the simulated types, from test/simcloud. */
import { simulatedTypes } from '../../test/simcloud/open.js';
import { PLANS } from '../../test/simcloud/plans.js';
import { table } from './page.js';

export const faultPlanTable = (): string =>
  table(
    ['`--faults`', 'what the cloud does', 'what nodeyard does about it'],
    Object.entries(PLANS).map(([name, { fault, answer }]) => [`\`${name}\``, fault, answer]),
  );

export function simulatedTypeList(): string {
  const { resources, dataSources } = simulatedTypes;
  return [...resources, ...dataSources.map((type) => `data.${type}`)]
    .map((type) => `- \`${type}\``)
    .join('\n');
}
