/** The page with the form for a token: no script, no style, nothing that is loaded. */
import type { FastifyReply } from 'fastify';
import { SIGN_IN, SIGN_OUT } from './path.js';

const CONTENT_POLICY = [
  "default-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** `said` is why it is shown, where there is a reason. */
export function sendSignInPage(reply: FastifyReply, said = ''): FastifyReply {
  return reply
    .header('content-security-policy', CONTENT_POLICY)
    .type('text/html; charset=utf-8')
    .serializer(String)
    .send(page(said));
}

const page = (said: string): string => `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="robots" content="noindex"><title>nodeyard: queues</title></head>
<body>
<h1>nodeyard: queues</h1>
<p>${escaped(said)}</p>
<form method="post" action="${SIGN_IN}">
<p><label>Token of an admin: <input type="password" name="token" autocomplete="off" required autofocus></label>
<button>Sign in</button></p>
</form>
<form method="post" action="${SIGN_OUT}"><p><button>Sign out</button></p></form>
</body>
</html>
`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign);
