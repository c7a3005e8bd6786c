import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Token } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { synthesize } from '../../src/synth/synthesize.js';
import { localNode } from '../../stacks/local-node.js';
import { heldTokens, withTokenGuard } from '../../stacks/token-guard.js';

const once = () =>
  synthesize(localNode, [
    {
      fleet: 'f',
      nodeId: 'a',
      group: 'g',
      role: 'r',
      tags: {},
      inputs: { message: '${x}' },
      localDir: '/nodes/a',
    },
  ]).configuration;

describe('the token guard', () => {
  it('watches maps that the CDK really fills', () => {
    const before = heldTokens();
    Token.asString({ resolve: () => 'text' });
    Token.asNumber({ resolve: () => 1 });
    expect(heldTokens()).toBe(before + 2);
  });

  it('drops what a synthesis added and keeps what was there', () => {
    const kept = Token.asString({ resolve: () => 'kept' });
    const before = heldTokens();
    const inside = withTokenGuard(() => {
      Token.asNumber({ resolve: () => 1 });
      Token.asString({ resolve: () => 'dropped' });
      return heldTokens();
    });
    expect(inside).toBe(before + 2);
    expect(heldTokens()).toBe(before);
    expect(Token.isUnresolved(kept)).toBe(true);
  });

  it('drops it also when the synthesis throws', () => {
    const before = heldTokens();
    expect(() =>
      withTokenGuard(() => {
        Token.asString({ resolve: () => 'dropped' });
        throw new Error('broken');
      }),
    ).toThrow('broken');
    expect(heldTokens()).toBe(before);
  });

  it('keeps tokens and heap flat over thousands of synths, whose output stays the same', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap = async () => {
      await setImmediate();
      collect();
      return process.memoryUsage().heapUsed;
    };
    const expected = once();
    for (let count = 0; count < 500; count += 1) once();
    const tokens = heldTokens();
    const before = await heap();
    let different = 0;
    for (let count = 0; count < 2_500; count += 1) if (once() !== expected) different += 1;
    expect(different).toBe(0);
    expect(heldTokens()).toBe(tokens);
    // Unguarded, 2,500 synths would hold some 100 MB.
    expect((await heap()) - before).toBeLessThan(10 * 1024 * 1024);
  });
});
