/**
 * `tiny`: the smallest node that has what every node has: resources in order, values that are known only after the apply,
 * outputs. No provider and no provisioner, so that a benchmark measures Terraform and what is around it.
 */

/**
 * As any module of a user names it; at run time only, because the type check runs before there is a build.
 * @type {string}
 */
const STACKS = 'nodeyard/stacks';
const { defineNodeStack, TerraformData, z } = /** @type {typeof import('../../stacks/define.js')} */ (
  await import(STACKS)
);

export const tiny = defineNodeStack({
  name: 'tiny',
  inputs: z.strictObject({}),
  node(scope, _inputs, node) {
    const machine = new TerraformData(scope, 'machine', { input: { node: node.id, group: node.group } });
    const address = new TerraformData(scope, 'address', { input: machine.id });
    return { machine: machine.id, address: address.id };
  },
});
