/** Fastify as this API uses it: zod for types, and what routes and requests carry besides. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Principal, RouteScope } from './auth/principal.js';
import type { ApiParts } from './parts.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call it. Without one the server does not start. */
    scope?: RouteScope;
    /** What the audit trail calls it: `node.destroy`. Required of every route that changes something, those of nodes aside. */
    audit?: string;
    /** Of its successes, where they are not JSON; the schema is that of one event of a stream. */
    mediaType?: string;
    /** With `Accept: text/event-stream` it streams; what, in words. */
    stream?: string;
    /** A browser’s session opens it too, with what its token may do. */
    session?: boolean;
    /** It answers without Redis. */
    withoutRedis?: boolean;
    /** It answers when there is something to say: how long that takes says nothing. */
    waits?: boolean;
  }
  interface FastifyInstance {
    /** Every route, those that the document does not show among them. */
    knownRoutes: readonly KnownRoute[];
    /** Whether the sender of a request that lasts might still send it: its token may have ended meanwhile. */
    stillMay(request: FastifyRequest): Promise<boolean>;
    /** Whose token it is that a request brings elsewhere than in its header. Counts wrong ones. Throws as every route does. */
    recognize(request: FastifyRequest, token: string): Promise<Principal>;
  }
  interface FastifyRequest {
    principal: Principal;
    /** What the request was about, for the audit trail, where its path does not say it. */
    auditTarget: string | undefined;
    /** It has become a stream. */
    lasts: boolean;
    /** The code of the error that is answered. */
    answerCode: string | undefined;
  }
}

export interface KnownRoute {
  readonly method: string;
  /** The pattern: `/v1/nodes/:id`. */
  readonly url: string;
  readonly scope: RouteScope | undefined;
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Adds the routes of one family. */
export type RouteFamily = (api: Api, parts: ApiParts) => void;
