/**
 * A CDK application as people write one for `cdktf deploy`, around the resources of the tiny stack. The directory that it
 * runs in is the node.
 */
import { basename } from 'node:path';
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { tiny } from './tiny.mjs';

const id = basename(process.cwd());
const app = new App();
const stack = new TerraformStack(app, 'tiny');
const context = {
  id,
  group: 'bench',
  role: 'bench',
  stack: 'tiny',
  tags: {},
  ownershipTags: {},
  localDir: '',
};
const outputs = tiny.node(new Construct(stack, `n${id}`), {}, context);
for (const [name, value] of Object.entries(outputs)) new TerraformOutput(stack, name, { value });
app.synth();
