/** The cookie of a session: for the pages of the queue board alone, out of the reach of their scripts and of other sites. */
import type { FastifyRequest } from 'fastify';
import { SESSION_MS, SESSION_SECRET } from '../../auth/sessions.js';
import { BOARD } from '../board/path.js';

const NAME = 'nodeyard_board';

/** Undefined without one, and for what cannot be one. */
export function sessionIn({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const values = (headers.cookie ?? '').split(';').flatMap((pair) => {
    const [name, value = ''] = pair.trim().split('=', 2);
    return name === NAME && SESSION_SECRET.test(value) ? [value] : [];
  });
  return values[0];
}

/** For `Set-Cookie`. Without a secret it takes the cookie away. */
export function sessionCookie(
  secret: string | undefined,
  { protocol }: Pick<FastifyRequest, 'protocol'>,
): string {
  return [
    `${NAME}=${secret ?? ''}`,
    `Path=${BOARD}`,
    `Max-Age=${secret === undefined ? 0 : SESSION_MS / 1_000}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(protocol === 'https' ? ['Secure'] : []),
  ].join('; ');
}
