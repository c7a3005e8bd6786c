import { describe, expect, it } from 'vitest';
import { ERROR_CODES, ERROR_KINDS } from '../../src/errors.js';
import { DECIDING_ORDER, DIAGNOSTIC_RULES } from '../../src/terraform/diagnostic-rules.js';
import { classify, classifyText, type Evidence, succeeded } from '../../src/terraform/diagnostics.js';
import type { Diagnostic } from '../../src/terraform/messages.js';
import { STOP_REASONS } from '../../src/terraform/start.js';
import { DIAGNOSTIC_SAMPLES, type DiagnosticSample } from '../fixtures/diagnostics.js';

const diagnosticOf = ({ summary, detail = '', address }: Omit<DiagnosticSample, 'code'>): Diagnostic => ({
  severity: 'error',
  summary,
  detail,
  address,
});
const evidence = (more: Partial<Evidence> = {}): Evidence => ({
  exitCode: 1,
  killed: false,
  diagnostics: [],
  lastLines: [],
  ...more,
});
const codeOf = (...samples: Omit<DiagnosticSample, 'code'>[]) =>
  classify({
    operation: samples[0]?.operation ?? 'create',
    result: evidence({ diagnostics: samples.map(diagnosticOf) }),
  }).code;
const sample = (code: string, operation?: string): DiagnosticSample => {
  const found = DIAGNOSTIC_SAMPLES.find(
    (candidate) => candidate.code === code && (operation === undefined || candidate.operation === operation),
  );
  if (found === undefined) throw new Error(`no sample of ${code}`);
  return found;
};

describe('one diagnostic', () => {
  it.each(DIAGNOSTIC_SAMPLES.map((each) => [each.code, each.summary, each] as const))(
    '%s: %s',
    (code, _summary, each) => {
      expect(codeOf(each)).toBe(code);
    },
  );

  it('means the same in the words of OpenTofu, whose core names itself and its own registry', () => {
    const inOpenTofu = (text: string): string =>
      text.replaceAll('registry.terraform.io', 'registry.opentofu.org').replaceAll('Terraform', 'OpenTofu');
    const told = DIAGNOSTIC_SAMPLES.map((each) => ({
      ...each,
      summary: inOpenTofu(each.summary),
      ...(each.detail === undefined ? {} : { detail: inOpenTofu(each.detail) }),
    }));
    expect(told, 'no sample names the product').not.toEqual(DIAGNOSTIC_SAMPLES);
    expect(told.map((each) => [each.summary, codeOf(each)])).toEqual(
      told.map(({ summary, code }) => [summary, code]),
    );
  });

  it('the samples show every code that a diagnostic can have', () => {
    const shown = new Set(DIAGNOSTIC_SAMPLES.map(({ code }) => code));
    expect(DECIDING_ORDER.filter((code) => !shown.has(code))).toEqual([]);
  });

  it('every rule has a rank, and marks to be known by', () => {
    for (const { code, apiCode, text } of DIAGNOSTIC_RULES) {
      expect(DECIDING_ORDER).toContain(code);
      expect(apiCode ?? text).toBeInstanceOf(RegExp);
    }
  });

  it('an exact code of the cloud beats the words around it', () => {
    const summary =
      'operation error EC2: RunInstances, StatusCode: 400, api error VcpuLimitExceeded: connection reset, no space for you';
    expect(codeOf({ summary })).toBe('QUOTA');
  });

  it('where only the HTTP status is known, it decides', () => {
    const codes = [400, 401, 403, 404, 408, 409, 422, 429, 500, 503].map((status) =>
      codeOf({ summary: `the provider says: status code: ${status}` }),
    );
    expect(codes).toEqual([
      'BAD_REQUEST',
      'CREDENTIALS',
      'DENIED',
      'UNKNOWN',
      'NETWORK',
      'DEPENDENCY',
      'BAD_REQUEST',
      'THROTTLED',
      'NETWORK',
      'NETWORK',
    ]);
  });
});

describe('several diagnostics', () => {
  it.each([
    ['a full disk before all else, because it makes healthy requests look wrong', 'DISK_FULL', 'BAD_REQUEST'],
    ['a dead provider before what it said last', 'PROVIDER', 'DENIED'],
    ['expired credentials before a refusal', 'CREDENTIALS', 'DENIED'],
    ['what trying again cannot help before what it can', 'BAD_REQUEST', 'THROTTLED'],
    ['no permission before a lack of room', 'DENIED', 'CAPACITY'],
    ['a lack of room before a lost connection', 'CAPACITY', 'NETWORK'],
    ['what is known before what is not', 'NETWORK', 'UNKNOWN'],
  ])('%s', (_rule, first, second) => {
    expect(codeOf(sample(first), sample(second))).toBe(first);
    expect(codeOf(sample(second), sample(first))).toBe(first);
  });

  it('gone is success only when nothing else went wrong', () => {
    const gone = sample('GONE', 'destroy');
    expect(codeOf(gone, gone)).toBe('GONE');
    expect(codeOf(gone, { ...sample('DEPENDENCY', 'destroy') })).toBe('DEPENDENCY');
    expect(codeOf(gone, { summary: 'never seen' })).toBe('UNKNOWN');
  });

  it('what was only left undone never decides', () => {
    for (const summary of ['execution halted', 'Operation canceled', 'operation cancelled', 'interrupted']) {
      expect(codeOf({ summary }, sample('NETWORK'))).toBe('NETWORK');
      expect(codeOf({ summary })).toBe('CRASHED');
    }
  });

  it('warnings never decide', () => {
    const warning: Diagnostic = { ...diagnosticOf(sample('BAD_REQUEST')), severity: 'warning' };
    const result = evidence({ diagnostics: [warning, diagnosticOf(sample('NETWORK'))] });
    expect(classify({ operation: 'create', result }).code).toBe('NETWORK');
  });

  it('are told with the deciding one first, ten at most, short', () => {
    const many = Array.from({ length: 30 }, () =>
      diagnosticOf({ summary: 'never seen', detail: 'd'.repeat(5000) }),
    );
    const deciding = { ...diagnosticOf(sample('DENIED')), address: 'aws_instance.node' };
    const result = evidence({ diagnostics: [...many, deciding] });
    const { diagnostics, message } = classify({ operation: 'create', result });
    expect(diagnostics).toHaveLength(10);
    expect(diagnostics[0]).toMatchObject({ address: 'aws_instance.node', severity: 'error' });
    expect(message).toMatch(/UnauthorizedOperation.*\(aws_instance\.node\)$/);
    expect(JSON.stringify(diagnostics).length).toBeLessThan(16_000);
  });
});

describe('what we know ourselves', () => {
  it('comes before every diagnostic', () => {
    const diagnostics = [diagnosticOf(sample('BAD_REQUEST'))];
    const codes = STOP_REASONS.map(
      (stopped) => classify({ operation: 'create', result: evidence({ stopped, diagnostics }) }).code,
    );
    expect(codes).toEqual(['CANCELLED', 'SHUTDOWN', 'LEASE_LOST', 'TIMED_OUT', 'LOG_LIMIT']);
  });

  it.each([
    ['OUT_OF_MEMORY', { exitCode: undefined, signal: 'SIGKILL' }],
    ['CRASHED', { exitCode: undefined, signal: 'SIGSEGV' }],
    ['CRASHED', { exitCode: undefined }],
    ['CRASHED', { exitCode: 2 }],
    ['TERRAFORM_MISSING', { exitCode: 127 }],
    ['TERRAFORM_MISSING', { exitCode: 126 }],
    ['TERRAFORM_MISSING', { exitCode: undefined, startError: 'spawn /bin/sh ENOENT' }],
    ['CRASHED', { exitCode: undefined, startError: 'spawn /bin/sh EAGAIN' }],
  ] as const)('%s: %j', (code, { exitCode, ...more }) => {
    const { exitCode: _default, ...rest } = evidence(more);
    const result: Evidence = exitCode === undefined ? rest : { ...rest, exitCode };
    expect(classify({ operation: 'create', result }).code).toBe(code);
  });
});

describe('where Terraform left only text', () => {
  it.each([
    ['DISK_FULL', 'write /data/run/terraform.tfstate: no space left on device'],
    ['OUT_OF_MEMORY', 'fatal error: runtime: out of memory'],
    ['PROVIDER', 'Error: The terraform-provider-aws_v6.25.0_x5 plugin crashed!'],
    ['CRASHED', 'panic: runtime error: invalid memory address or nil pointer dereference'],
  ])('%s: %s', (code, text) => {
    const classification = classify({ operation: 'create', result: evidence({ lastLines: ['…', text] }) });
    expect(classification.code).toBe(code);
    expect(classification.message).toContain(text);
  });

  it('a silent end says that it was silent', () => {
    expect(classify({ operation: 'create', result: evidence() })).toEqual({
      code: 'CRASHED',
      message: 'Terraform ended with exit code 1. It printed nothing.',
      diagnostics: [],
    });
  });

  it('a text that merely mentions a refusal does not make one', () => {
    const result = evidence({ lastLines: ['provisioner said: AccessDenied 403'] });
    expect(classify({ operation: 'create', result }).code).toBe('CRASHED');
  });

  it('init’s prose has the same marks', () => {
    expect(classifyText('│ Error: Failed to query available provider packages\n│ no such host')).toBe(
      'NETWORK',
    );
    expect(classifyText('│ Error: Failed to install provider\n│ no space left on device')).toBe('DISK_FULL');
    expect(classifyText('│ provider x/y was not found in any of the search locations')).toBe('CONFIGURATION');
    expect(classifyText('hm')).toBe('UNKNOWN');
  });
});

it('success is exit code 0 and nothing else', () => {
  expect([{ exitCode: 0 }, { exitCode: 1 }, {}].map(succeeded)).toEqual([true, false, false]);
});

it('every code of the rules is one of the closed set', () => {
  for (const code of DECIDING_ORDER) expect(ERROR_CODES).toContain(code);
  expect(ERROR_KINDS.GONE.class).toBe('gone');
});
