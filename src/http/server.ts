/** The HTTP server, with everything that it is made of and nothing yet listening. */
import fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler } from './answers.js';
import { addAudit } from './audit.js';
import { createDoor } from './auth/door.js';
import { createIssuer } from './auth/oidc.js';
import { createTokenCheck } from './auth/token-check.js';
import { readOnlyJson } from './content.js';
import { addDocs } from './docs.js';
import { clientErrorHandler, errorHandler } from './error-handler.js';
import { createLimits } from './limits/rate-limit.js';
import { answerUnknownRoutes } from './not-found.js';
import { addOpenApi } from './openapi.js';
import type { ApiParts } from './parts.js';
import { addPipeline } from './pipeline.js';
import { requestIdOf } from './request-id.js';
import { addRequestLog } from './request-log.js';
import { addRequestMeter } from './request-meter.js';
import { holdRoutesToRules } from './route-rules.js';
import { FAMILIES } from './routes.js';
import { addSecurityHeaders } from './security-headers.js';
import type { Api } from './types.js';
import { validatorCompiler } from './validation.js';

/** Longer than any name in a path. */
const MAX_PARAM = 128;
const MAX_HEADER_BYTES = 16 * 1024;
/** How often Node looks for requests that are too slow. */
const CHECK_MS = 1_000;
/** A connection without a request; longer than the usual idle time of a load balancer. */
const KEEP_ALIVE_MS = 72_000;
/** Of the API itself, whose changes it tells; the first part is that of /v1. */
const API_VERSION = '1.0.0';

/** Throws when a route breaks the rules (route-rules.ts). */
export async function buildServer(parts: ApiParts): Promise<Api> {
  const { settings, log, closing, gate } = parts;
  const onError = errorHandler({ log, gate });
  const server = fastify({
    logger: false,
    genReqId: requestIdOf,
    trustProxy: settings.trustProxy.length === 0 ? false : [...settings.trustProxy],
    bodyLimit: settings.bodyLimitBytes,
    requestTimeout: settings.requestTimeoutMs,
    handlerTimeout: settings.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: settings.requestTimeoutMs,
      connectionsCheckingInterval: CHECK_MS,
    },
    routerOptions: { maxParamLength: MAX_PARAM },
    forceCloseConnections: 'idle',
    // The pipeline says it in our form.
    return503OnClosing: false,
    frameworkErrors: onError,
    clientErrorHandler,
  });
  const api: Api = server
    .setValidatorCompiler(validatorCompiler)
    .setSerializerCompiler(serializerCompiler)
    .withTypeProvider();
  api.setErrorHandler(onError);
  readOnlyJson(server as FastifyInstance);

  const routes = holdRoutesToRules(api);
  api.decorate('knownRoutes', routes.all);
  await addSecurityHeaders(api);
  await addOpenApi(api, API_VERSION);
  addRequestMeter(api, parts.meter);
  addRequestLog(api, log);
  addAudit(api, { audit: parts.audit, gate, log, now: Date.now });
  addPipeline(api, {
    authenticators: authenticatorsOf(parts),
    limits: await createLimits(server as FastifyInstance, settings.requestsPerMinute),
    gate,
    closing,
  });
  if (settings.docs) await addDocs(api);
  if (settings.board !== 'off') {
    const { addBoard } = await import('./board/board.js');
    await addBoard(api, parts, settings.board);
  }
  for (const family of FAMILIES) family(api, parts);
  answerUnknownRoutes(api, routes.all);
  await api.ready();
  routes.check();
  return api;
}

function authenticatorsOf({ settings, tokens, nodeTokens, sessions, log }: ApiParts) {
  const monotonic = (): number => performance.now();
  const { oidc, listen } = settings;
  return {
    tokenCheck: createTokenCheck({ tokens, log, now: Date.now, monotonic }),
    nodeTokens,
    sessions,
    issuer: oidc === undefined ? undefined : createIssuer(oidc, monotonic),
    door: createDoor({ tokens, host: listen?.host ?? '', hasIssuer: oidc !== undefined, monotonic }),
  };
}
