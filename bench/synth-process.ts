/**
 * The process in which one series of syntheses is measured, so that memory is that of the series alone: what lives after a
 * collection, before and after. Prints a `SynthMeasurement` as JSON.
 *
 *   synth-process.ts <subject> <guarded | unguarded> <count>
 */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Member, synthesize } from '../src/synth/synthesize.js';
import { awsNode } from '../stacks/aws-node.js';
import type { NodeStack } from '../stacks/define.js';
import { localNode } from '../stacks/local-node.js';
import { heldTokens } from '../stacks/token-guard.js';
import type { SynthMeasurement } from './synth.js';

const SUBJECTS: Readonly<Record<string, { readonly stack: NodeStack; readonly inputs: object }>> = {
  'local-node': { stack: localNode, inputs: { message: 'hello' } },
  'aws-node': {
    stack: awsNode,
    inputs: {
      region: 'eu-central-1',
      ami: 'ami-0123456789abcdef0',
      instanceType: 'm7g.large',
      securityGroup: { ingress: [{ protocol: 'tcp', fromPort: 443, toPort: 443, cidrIpv4: '0.0.0.0/0' }] },
      dataVolumes: [{ device: '/dev/sdf', sizeGiB: 100 }],
    },
  },
};

const member = (count: number, inputs: object): Member => ({
  fleet: 'bench',
  nodeId: `node-${count}`,
  group: 'bench',
  role: 'bench',
  tags: {},
  inputs,
  localDir: '/nodes/bench',
});

/** Takes the guard’s tool away: nothing can be deleted from the CDK’s maps any more. */
function disableGuard(): void {
  const held = (globalThis as { __cdktfTokenMap?: Record<string, unknown> }).__cdktfTokenMap ?? {};
  for (const map of [held['stringTokenMap'], held['numberTokenMap']]) {
    if (map instanceof Map) map.delete = () => false;
  }
}

async function measure(name: string, guarded: boolean, count: number): Promise<SynthMeasurement> {
  const subject = SUBJECTS[name];
  if (subject === undefined) throw new Error(`no subject ${name}`);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = async () => {
    await setImmediate();
    collect();
    return process.memoryUsage().heapUsed;
  };
  for (let warm = 0; warm < 200; warm += 1) synthesize(subject.stack, [member(warm, subject.inputs)]);
  if (!guarded) disableGuard();
  const before = await heap();
  const start = process.hrtime.bigint();
  for (let done = 0; done < count; done += 1) synthesize(subject.stack, [member(done, subject.inputs)]);
  const spent = Number(process.hrtime.bigint() - start) / 1e6;
  return {
    msPerSynth: spent / count,
    grownMiB: ((await heap()) - before) / 1024 ** 2,
    tokens: heldTokens(),
  };
}

const [name = '', guard = '', count = ''] = process.argv.slice(2);
console.log(JSON.stringify(await measure(name, guard === 'guarded', Number(count))));
