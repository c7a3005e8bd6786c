/** All families of routes. */
import { healthRoutes } from './routes/health.js';
import { metricsRoutes } from './routes/metrics.js';
import { nodeChangeRoutes } from './routes/node-changes.js';
import { nodeCommandRoutes } from './routes/node-commands.js';
import { nodeEventRoutes } from './routes/node-events.js';
import { nodeRoutes } from './routes/nodes.js';
import { openApiRoutes } from './routes/openapi.js';
import type { RouteFamily } from './types.js';

export const FAMILIES: readonly RouteFamily[] = [
  nodeRoutes,
  nodeChangeRoutes,
  nodeEventRoutes,
  nodeCommandRoutes,
  healthRoutes,
  metricsRoutes,
  openApiRoutes,
];
