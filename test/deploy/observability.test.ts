/** The dashboard and the alerts name metrics and labels that exist; promtool, where it is, says that they work. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricDefinition } from '../../src/metrics/definitions.js';

const DIRECTORY = fileURLToPath(new URL('../../deploy/observability/', import.meta.url));
const read = (name: string): string => readFileSync(`${DIRECTORY}${name}`, 'utf8');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
const { panels } = JSON.parse(read('nodeyard.dashboard.json')) as { panels: readonly Panel[] };
const shown = panels.filter(({ type }) => type !== 'row');
const rules = read('nodeyard.rules.yml');
const ruleTests = read('nodeyard.rules.test.yml');
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);

/** What Prometheus adds to every sample, and to those of a histogram. */
const ADDED = ['instance', 'job', 'le'];
const definitions: Readonly<Record<string, MetricDefinition>> = METRICS;

function definitionOf(name: string): MetricDefinition | undefined {
  const [, stem = name, part] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
  const found = definitions[stem];
  // A bucket of what has none, or a histogram as it never is, would select nothing.
  return (found?.type === 'histogram') === (part !== undefined) ? found : undefined;
}

/** Metrics and labels in a text that do not exist, as `name` or `name{label}`. */
function unknownIn(text: string): string[] {
  const used = [...text.matchAll(/\b(nodeyard_[a-z_]+)\b(?:\{([^}]*)\})?/g)];
  return used.flatMap(([, name = '', selector = '']) => {
    const definition = definitionOf(name);
    if (definition === undefined) return [name];
    const labels = [...selector.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label);
    return labels
      .filter((label) => ![...ADDED, ...definition.labels].includes(label))
      .map((label) => `${name}{${label}}`);
  });
}

/** Labels that an expression groups by, or a legend shows, and that none of its metrics has. */
function ungroupable(expr: string, legend = ''): string[] {
  const names = [...expr.matchAll(/\bnodeyard_[a-z_]+\b/g)].map(([name]) => name);
  const known = new Set([...ADDED, ...names.flatMap((name) => definitionOf(name)?.labels ?? [])]);
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  const legends = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
  return [...grouped, ...legends].filter((label) => !known.has(label));
}

describe('the checks', () => {
  it('see a metric, a label and a part of a metric that do not exist', () => {
    expect(unknownIn('sum(nodeyard_nodez{state="x"})')).toEqual(['nodeyard_nodez']);
    expect(unknownIn('nodeyard_nodes{group="x"} + nodeyard_nodes_bucket')).toEqual([
      'nodeyard_nodes{group}',
      'nodeyard_nodes_bucket',
    ]);
    expect(unknownIn('nodeyard_run_duration_seconds')).toEqual(['nodeyard_run_duration_seconds']);
    expect(ungroupable('sum by (group) (nodeyard_nodes)', '{{state}} {{role}}')).toEqual(['group', 'role']);
  });
});

describe('the dashboard', () => {
  it('asks only for metrics and labels that exist', () => {
    const targets = shown.flatMap(({ title, targets: each = [] }) =>
      each.map((target) => ({ title, ...target })),
    );
    expect(targets.length).toBeGreaterThan(30);
    for (const { title, expr, legendFormat } of targets) {
      expect(unknownIn(expr), title).toEqual([]);
      expect(ungroupable(expr, legendFormat), title).toEqual([]);
    }
  });

  it('has panels that say what they show, each once', () => {
    expect(shown.filter(({ description = '' }) => !description.endsWith('.'))).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(shown.map(({ title }) => title)).size).toBe(shown.length);
  });

  it('shows every metric of the fleet', () => {
    const text = shown.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n');
    const fleet = [
      'nodes',
      'nodes_older',
      'nodes_oldest_age_seconds',
      'node_state_duration_seconds',
      'queue_jobs',
    ];
    for (const name of [
      ...fleet,
      'failed_destroys',
      'quarantined_states',
      'queue_oldest_waiting_age_seconds',
    ])
      expect(text).toMatch(new RegExp(`\\bnodeyard_${name}(_bucket)?\\b`));
  });
});

describe('the alerts', () => {
  it('are about metrics and labels that exist', () => {
    expect(unknownIn(rules)).toEqual([]);
    expect(unknownIn(ruleTests)).toEqual([]);
    const expressions = rules.split('- alert: ').slice(1);
    for (const each of expressions) {
      const { expr = '' } =
        /expr: (?<expr>[\s\S]*?)\n {8}(?:for|labels|annotations):/.exec(each)?.groups ?? {};
      expect(expr, each).toContain('nodeyard_');
      expect(ungroupable(expr), each).toEqual([]);
    }
  });

  it('each say what to do and how urgent it is, and are tested', () => {
    expect(alerts.length).toBeGreaterThan(10);
    for (const text of rules.split('- alert: ').slice(1)) {
      expect(text).toMatch(/severity: (page|ticket)\b/);
      expect(text).toMatch(/\n {10}summary: /);
      expect(text).toMatch(/\n {10}runbook: >-\n {12}\S/);
    }
    expect(alerts.filter((name) => !ruleTests.includes(`alertname="${name}"`))).toEqual([]);
  });

  const promtool = hasPromtool();
  it.skipIf(!promtool)(
    'are taken by promtool (skipped where it is not on the PATH: Debian has it in prometheus)',
    () => {
      expect(run('check', 'rules', 'nodeyard.rules.yml')).toContain(`SUCCESS: ${alerts.length} rules found`);
      expect(run('test', 'rules', 'nodeyard.rules.test.yml')).toContain('SUCCESS');
    },
  );
});

function run(...args: string[]): string {
  return execFileSync('promtool', args, {
    cwd: DIRECTORY,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
