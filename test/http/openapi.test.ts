/** The document that the routes make, and the page that shows it. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { YardApi } from './yard-api.js';

interface Operation {
  readonly operationId: string;
  readonly security: readonly unknown[];
  readonly responses: Readonly<Record<string, unknown>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

let yard: YardApi;
let document: Document;
beforeAll(async () => {
  yard = await YardApi.open();
  document = (await yard.ask<Document>('/openapi.json', { as: 'nobody' })).body as Document;
});
afterAll(() => yard.close());

const problemsOf = async (source: unknown) => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source: JSON.stringify(source), config });
  return problems.map(({ ruleId, severity, message, location }) => ({
    ruleId,
    severity,
    message,
    at: location[0]?.pointer,
  }));
};

describe('the document', () => {
  test('is OpenAPI 3.1 without a problem', async () => {
    expect(document.openapi).toBe('3.1.0');
    expect(await problemsOf(document)).toEqual([]);
  });

  test('with a problem would be found out', async () => {
    const [path = ''] = Object.keys(document.paths);
    const broken = { ...document, paths: { ...document.paths, [path]: { get: { responses: {} } } } };
    expect((await problemsOf(broken)).length).toBeGreaterThan(0);
  });

  test('has every route but those that are no part of the API', () => {
    const shown = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const pages = /^\/(docs|queues|metrics|openapi\.json)(\/|$)/;
    const known = yard.api.server.knownRoutes
      .filter(({ method, url }) => method !== 'HEAD' && !pages.test(url))
      .map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`);
    expect(shown.sort()).toEqual(known.sort());
  });

  test('says of every route what scope it takes, and gives each operation a name of its own', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operationId, security, responses } of operations) {
      expect('401' in responses, operationId).toBe(security.length > 0);
    }
  });

  test('names the schemas that clients need', () => {
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Node', 'NodeRequest', 'NodeEvent', 'Error']),
    );
  });
});

describe('the page', () => {
  test('loads nothing from elsewhere and has nothing inline, and its policy forbids both', async () => {
    const { text, headers } = await yard.ask('/docs', { as: 'nobody' });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:/);
    const places = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, place = '']) => place);
    expect(places.length).toBeGreaterThan(3);
    for (const place of places) {
      expect(place).toMatch(/^\/docs\//);
      expect((await yard.ask(place, { as: 'nobody' })).status, place).toBe(200);
    }
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/);
  });

  test('is not there when it is switched off', async () => {
    const without = await YardApi.open({ NODEYARD_API_DOCS: 'off' });
    try {
      expect((await without.ask('/docs')).status).toBe(404);
      expect((await without.ask('/openapi.json', { as: 'nobody' })).status).toBe(200);
    } finally {
      await without.close();
    }
  });
});
