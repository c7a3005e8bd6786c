/** The page to browse the API: swagger-ui from our own disk. Nothing on it comes from elsewhere or stands inline. */
import swaggerUi from '@fastify/swagger-ui';
import type { Api } from './types.js';

const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PREFIX = '/docs';

export async function addDocs(api: Api): Promise<void> {
  await api.register(async (inner) => {
    await inner.register(swaggerUi, {
      routePrefix: PREFIX,
      staticCSP: CONTENT_POLICY,
      uiConfig: { deepLinking: true, displayRequestDuration: true, persistAuthorization: false },
      theme: { title: 'nodeyard' },
      logo: { type: 'image/svg+xml', content: Buffer.from(LOGO), href: PREFIX, target: '_self' },
    });
  });
}

/** They are open to everybody, like the document that they show. */
export const isDocsRoute = (url: string): boolean => url === PREFIX || url.startsWith(`${PREFIX}/`);

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><text x="4" y="28" font-family="sans-serif" font-size="22" fill="#fff">nodeyard</text></svg>';
