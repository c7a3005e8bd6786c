/** All families of routes. */
import { accessRoutes } from './routes/access.js';
import { eventRoutes } from './routes/events.js';
import { groupRoutes } from './routes/groups.js';
import { healthRoutes } from './routes/health.js';
import { metricsRoutes } from './routes/metrics.js';
import { nodeChangeRoutes } from './routes/node-changes.js';
import { nodeCommandRoutes } from './routes/node-commands.js';
import { nodeEventRoutes } from './routes/node-events.js';
import { nodeRoutes } from './routes/nodes.js';
import { openApiRoutes } from './routes/openapi.js';
import { queueRoutes } from './routes/queues.js';
import { reconcileRoutes } from './routes/reconcile.js';
import { routingRoutes } from './routes/routing.js';
import { runRoutes } from './routes/runs.js';
import { stackRoutes } from './routes/stacks.js';
import { stateRoutes } from './routes/states.js';
import { webhookRoutes } from './routes/webhooks.js';
import type { RouteFamily } from './types.js';

export const FAMILIES: readonly RouteFamily[] = [
  nodeRoutes,
  nodeChangeRoutes,
  nodeEventRoutes,
  nodeCommandRoutes,
  groupRoutes,
  routingRoutes,
  eventRoutes,
  runRoutes,
  stackRoutes,
  stateRoutes,
  queueRoutes,
  reconcileRoutes,
  webhookRoutes,
  accessRoutes,
  healthRoutes,
  metricsRoutes,
  openApiRoutes,
];
