/** Paths that are not there, and methods that a path does not take: 404 and 405, or for OPTIONS what it takes. */
import { HttpError } from './errors.js';
import type { Api, KnownRoute } from './types.js';

export function answerUnknownRoutes(api: Api, routes: readonly KnownRoute[]): void {
  /** By pattern; made when the first stray request comes, because routes are still being added now. */
  let known: readonly { readonly form: RegExp; readonly methods: readonly string[] }[] | undefined;
  api.setNotFoundHandler((request, reply) => {
    known ??= patternsOf(routes);
    const path = request.url.replace(/\?.*$/s, '');
    const methods = known.find(({ form }) => form.test(path))?.methods;
    if (methods === undefined) throw new HttpError('NOT_FOUND', 'there is nothing at this path');
    const allow = [...new Set([...methods, 'OPTIONS'])].sort().join(', ');
    if (request.method === 'OPTIONS') return reply.status(204).header('allow', allow).send();
    throw new HttpError('METHOD_NOT_ALLOWED', `this path takes ${allow}`, { headers: { allow } });
  });
}

function patternsOf(routes: readonly KnownRoute[]) {
  const urls = [...new Set(routes.map(({ url }) => url))];
  return urls.map((url) => ({
    form: new RegExp(`^${url.split('/').map(segmentForm).join('/')}$`),
    methods: routes.filter((route) => route.url === url).map(({ method }) => method),
  }));
}

const segmentForm = (segment: string): string => {
  if (segment === '*') return '.*';
  return segment.startsWith(':') ? '[^/]+' : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
};
