/** The schemas that are read from the bindings, and the plans that are made with them. */
import { beforeAll, describe, expect, test } from 'vitest';
import { ProviderDriver, SCHEMAS } from './driver.js';
import { PLAN_RULES } from './provider/plan-rules.js';
import { RESOURCE_TYPES } from './provider/resources/index.js';
import { UNKNOWN, Unknown, type Values } from './provider/value.js';
import type { BlockSchema } from './schema.js';
import { startCloud } from './start.js';

const instance = SCHEMAS.resources['aws_instance'] as BlockSchema;

describe('the schemas', () => {
  test('are those of the provider that the stack asks for', () => {
    expect(SCHEMAS.version).toBe('6.25.0');
    expect(Object.keys(SCHEMAS.resources).sort()).toEqual(Object.keys(RESOURCE_TYPES).sort());
  });

  test('have the types, and what is required, optional and computed', () => {
    const flags = { required: false, optional: true, computed: true };
    expect(instance.attributes['ami']).toEqual({ type: 'string', ...flags });
    expect(instance.attributes['vpc_security_group_ids']).toEqual({ type: ['set', 'string'], ...flags });
    expect(instance.attributes['get_password_data']).toEqual({ type: 'bool', ...flags, computed: false });
    expect(instance.attributes['arn']).toEqual({ type: 'string', ...flags, optional: false });
    expect(SCHEMAS.resources['aws_ebs_volume']?.attributes['availability_zone']).toMatchObject({
      required: true,
    });
    expect(SCHEMAS.dataSources['aws_ami']?.attributes['owners']).toMatchObject({ type: ['list', 'string'] });
  });

  test('tell blocks from attributes that hold objects', () => {
    expect(instance.blocks['root_block_device']).toMatchObject({ nesting: 'list', maxItems: 1 });
    expect(instance.blocks['ebs_block_device']).toMatchObject({ nesting: 'set', maxItems: 0 });
    expect(instance.blocks['timeouts']).toMatchObject({ nesting: 'single' });
    expect(instance.blocks['instance_market_options']?.block.blocks['spot_options']).toMatchObject({
      nesting: 'list',
    });
    const group = SCHEMAS.resources['aws_security_group'];
    expect(group?.blocks).not.toHaveProperty('ingress');
    expect(group?.attributes['ingress']?.type).toMatchObject(['set', ['object', { from_port: 'number' }]]);
    expect(SCHEMAS.provider.blocks['assume_role']?.block.attributes).toHaveProperty('role_arn');
  });

  test('know nothing of Terraform’s own attributes', () => {
    expect(SCHEMAS.provider.attributes).not.toHaveProperty('alias');
  });

  test('contain every attribute and block that the rules of plans speak of', () => {
    const unknown = Object.entries(PLAN_RULES).flatMap(([type, rules]) => {
      const schema = SCHEMAS.resources[type];
      const names = [
        ...(rules.forceNew ?? []),
        ...Object.keys(rules.defaults ?? {}),
        ...Object.keys(rules.blocks ?? {}),
      ];
      return names
        .filter((name) => schema?.attributes[name] === undefined && schema?.blocks[name] === undefined)
        .map((name) => `${type}.${name}`);
    });
    expect(unknown).toEqual([]);
  });
});

describe('a plan', () => {
  let provider: ProviderDriver;
  const CONFIG = { ami: 'ami-0123456789abcdef0', instance_type: 't3.micro', tags: { a: 'b' } };
  const plan = (prior: Values | null, config: Values) => provider.planned('aws_instance', prior, config);

  beforeAll(async () => {
    const cloud = await startCloud();
    provider = new ProviderDriver(cloud.env);
    await provider.configure({ region: 'eu-central-1', default_tags: [{ tags: { team: 'x' } }] });
    await cloud.stop();
  });

  test('of a create has the configuration, defaults, and unknown for what the cloud will say', () => {
    const planned = plan(null, CONFIG);
    expect(planned).toMatchObject({ ...CONFIG, source_dest_check: true, key_name: UNKNOWN, user_data: null });
    expect(Unknown.is(planned['root_block_device'])).toBe(true);
    expect(planned['region']).toBe('eu-central-1');
    expect(planned['tags_all']).toEqual({ team: 'x', a: 'b' });
  });

  test('of an update keeps what the configuration does not say', () => {
    const prior = { ...plan(null, CONFIG), key_name: 'ops', root_block_device: [{ volume_size: 8 }] };
    const planned = plan(prior, { ...CONFIG, instance_type: 't3.small' });
    expect(planned).toMatchObject({
      key_name: 'ops',
      instance_type: 't3.small',
      root_block_device: [{ volume_size: 8 }],
    });
  });

  test.each([
    ['the image', { ami: 'ami-0123456789abcdef1' }, 'ami'],
    ['the region', { region: 'us-east-1' }, 'region'],
    [
      'the encryption of the root volume',
      { root_block_device: [{ encrypted: true }] },
      'root_block_device.0.encrypted',
    ],
    [
      'the price of a spot instance',
      { instance_market_options: [{ market_type: 'spot', spot_options: [{ max_price: '2' }] }] },
      'instance_market_options.0.spot_options.0.max_price',
    ],
  ])('that changes %s makes a new instance', (_what, change, path) => {
    const prior = {
      ...CONFIG,
      region: 'eu-central-1',
      root_block_device: [{ encrypted: false }],
      instance_market_options: [{ market_type: 'spot', spot_options: [{ max_price: '1' }] }],
    };
    expect(provider.replacing('aws_instance', prior, { ...prior, ...change })).toContain(path);
    expect(provider.replacing('aws_instance', prior, { ...prior, ...change })).toHaveLength(1);
  });

  test('that changes type or user data keeps the instance', () => {
    const prior = { ...CONFIG, region: 'eu-central-1' };
    const config = { ...prior, instance_type: 't3.large', user_data: 'x', tags: {} };
    expect(provider.replacing('aws_instance', prior, config)).toEqual([]);
  });
});
