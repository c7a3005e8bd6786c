/** What an API server tells of its requests. Its labels are routes as they were written, not addresses as they were asked for. */
import { Registry } from 'prom-client';
import { API_METRICS } from './definitions.js';
import { createInstruments } from './instruments.js';
import type { Scrape } from './scrape.js';

export interface EndedRequest {
  readonly method: string;
  /** The pattern: `/v1/nodes/:id`; undefined where there is no such route. */
  readonly route: string | undefined;
  /** Undefined where the client left before it was answered. */
  readonly status: number | undefined;
  /** Undefined where it says nothing, as of a stream. */
  readonly ms: number | undefined;
}

/** Who hears of requests. What listens must not throw. */
export interface RequestMeter {
  ended(request: EndedRequest): void;
  /** A node begins to wait for commands; answers how to say that it waits no longer. */
  waits(): () => void;
}

export interface RequestMetrics {
  readonly meter: RequestMeter;
  /** `listeners`: streams that are open now. */
  scrape(listeners: { readonly open: number; readonly limit: number }): Promise<Scrape>;
}

/** What a client may send, as far as a route may have it. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** For a method or a route that there is not: clients may ask for anything. */
const OTHER = 'other';

export function requestMetrics(): RequestMetrics {
  const registry = new Registry();
  const instruments = createInstruments(registry, API_METRICS);
  let waiting = 0;
  return {
    meter: {
      ended({ method: asked, route: pattern, status, ms }) {
        const method = METHODS.has(asked) ? asked : OTHER;
        const route = pattern ?? OTHER;
        const outcome = status === undefined ? 'aborted' : `${Math.floor(status / 100)}xx`;
        instruments.add('nodeyard_api_requests_total', { method, route, status: outcome });
        if (ms === undefined) return;
        instruments.observe('nodeyard_api_request_duration_seconds', ms / 1_000, { method, route });
      },
      waits() {
        waiting += 1;
        return () => {
          waiting -= 1;
        };
      },
    },
    async scrape({ open, limit }) {
      instruments.set('nodeyard_api_listeners', open);
      instruments.set('nodeyard_api_listeners_limit', limit);
      instruments.set('nodeyard_api_waiting_nodes', waiting);
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
