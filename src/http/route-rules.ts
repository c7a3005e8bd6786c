/**
 * What every route has to say of itself; a server with a route that does not is not built. Also what is true of all of them:
 * a query field that no schema knows is refused, and so is a body that nobody asked for.
 */
import type { RouteOptions } from 'fastify';
import { z } from 'zod';
import { isBoardRoute } from './board/path.js';
import { ruleBoardRoute } from './board/rules.js';
import { isDocsRoute } from './docs.js';
import type { Api, KnownRoute } from './types.js';

const NO_QUERY = z.strictObject({});
const NO_BODY = z.undefined('must be left out: this takes no body');

const READS = new Set(['GET', 'HEAD']);

export interface HeldRoutes {
  /** Grows with every route that is added. */
  readonly all: readonly KnownRoute[];
  /** Throws when any of them breaks a rule. */
  check(): void;
}

/** To be called before any route is added. */
export function holdRoutesToRules(api: Api): HeldRoutes {
  const all: KnownRoute[] = [];
  const problems: string[] = [];
  api.addHook('onRoute', (route) => {
    // The routes of these pages are not ours to write.
    if (isDocsRoute(route.url)) route.config = { ...route.config, scope: 'public' };
    if (isBoardRoute(route.url)) ruleBoardRoute(route);
    for (const method of [route.method].flat()) {
      problems.push(...problemsOf(method, route));
      all.push({ method, url: route.url, scope: route.config?.scope });
    }
    if (route.schema?.hide === true) return;
    route.schema ??= {};
    route.schema.querystring ??= NO_QUERY;
    if (![route.method].flat().every((method) => READS.has(method))) route.schema.body ??= NO_BODY;
  });
  return {
    all,
    check() {
      if (problems.length > 0) throw new Error(problems.join('\n'));
    },
  };
}

function problemsOf(method: string, { url, config, schema }: RouteOptions): string[] {
  const says = (what: string): string => `${method} ${url} does not say ${what}`;
  const missing = (['operationId', 'summary', 'tags', 'response'] as const).filter(
    (needed) => schema?.hide !== true && schema?.[needed] === undefined,
  );
  return [
    ...(config?.scope === undefined ? [says('who may call it (config.scope)')] : []),
    // What a node says of itself is no change by anybody; where it moves the node, the node’s history has it.
    ...(READS.has(method) || config?.scope === 'node' || config?.audit !== undefined
      ? []
      : [says('what the audit trail calls it (config.audit)')]),
    ...missing.map((needed) => says(`schema.${needed}`)),
    ...(url.includes(':') && schema?.params === undefined
      ? [says('what its path holds (schema.params)')]
      : []),
  ];
}
