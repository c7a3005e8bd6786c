/** The JSON lines that Terraform prints, as 1.11 writes them. */
import type { PlannedAction } from './plan.js';

type Line = Readonly<Record<string, unknown>>;
export interface LoggedResource {
  readonly address: string;
  readonly id?: string;
}

const line = (type: string, message: string, more: Line): string =>
  JSON.stringify({ '@level': 'info', '@message': message, '@module': 'terraform.ui', type, ...more });

const refOf = (address: string): Line => ({
  addr: address,
  module: '',
  resource: address,
  implied_provider: 'terraform',
  resource_type: address.split('.')[0],
  resource_name: address.split('.')[1],
  resource_key: null,
});

const hookOf = ({ address, id }: LoggedResource, action: string, more: Line = {}): Line => ({
  hook: {
    resource: refOf(address),
    action,
    ...more,
    ...(id === undefined ? {} : { id_key: 'id', id_value: id }),
  },
});

export const version = (): string => line('version', 'Terraform 1.11.4', { terraform: '1.11.4', ui: '1.2' });

export const plannedChange = ({ address, action, reason }: PlannedAction): string =>
  line('planned_change', `${address}: Plan to ${action}`, {
    change: { resource: refOf(address), action, ...(reason === undefined ? {} : { reason }) },
  });

export const changeSummary = (operation: string, add: number, remove: number): string =>
  line('change_summary', `${operation}: ${add} to add, ${remove} to destroy`, {
    changes: { add, change: 0, import: 0, remove, operation },
  });

export const applyStart = (resource: LoggedResource, action: string): string =>
  line('apply_start', `${resource.address}: ${action}`, hookOf(resource, action));

export const applyComplete = (resource: LoggedResource, action: string): string =>
  line(
    'apply_complete',
    `${resource.address}: ${action} complete`,
    hookOf(resource, action, { elapsed_seconds: 0 }),
  );

export const applyErrored = ({ address }: LoggedResource, action: string): string =>
  line('apply_errored', `${address}: ${action} errored`, hookOf({ address }, action, { elapsed_seconds: 0 }));

export const outputs = (values: ReadonlyMap<string, string>): string =>
  line('outputs', `Outputs: ${values.size}`, {
    outputs: Object.fromEntries(
      [...values].map(([name, value]) => [name, { sensitive: false, type: 'string', value }]),
    ),
  });

export interface Problem {
  readonly summary: string;
  readonly address?: string;
}

export const diagnostic = ({ summary, address }: Problem): string =>
  line('diagnostic', `Error: ${summary}`, {
    '@level': 'error',
    diagnostic: {
      severity: 'error',
      summary,
      detail: '',
      ...(address === undefined ? {} : { address }),
    },
  });
