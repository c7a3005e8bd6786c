import { describe, expect, it } from 'vitest';
import { findUnaskedLosses } from '../../src/terraform/plan-guard.js';

const planned = (address: string, action: string, reason?: string) => ({
  resource: { address, type: '' },
  action,
  ...(reason === undefined ? {} : { reason }),
});

describe('what a plan would take away unasked', () => {
  it('a replacement or deletion that nobody asked for is named', () => {
    const changes = [
      planned('aws_instance.a', 'replace', 'cannot_update'),
      planned('aws_eip.b', 'delete', 'delete_because_no_resource_config'),
      planned('aws_ebs_volume.c', 'delete'),
      planned('aws_vpc.d', 'forget'),
    ];
    expect(findUnaskedLosses(changes)).toEqual([
      'aws_instance.a',
      'aws_eip.b',
      'aws_ebs_volume.c',
      'aws_vpc.d',
    ]);
  });

  it('what a killed run left half made may be replaced', () => {
    expect(findUnaskedLosses([planned('aws_instance.a', 'replace', 'tainted')])).toEqual([]);
  });

  it('creating, updating, reading and leaving alone take nothing away', () => {
    const changes = ['create', 'update', 'read', 'noop', 'move', 'import'].map((action) =>
      planned('x.y', action),
    );
    expect(findUnaskedLosses(changes)).toEqual([]);
  });
});
