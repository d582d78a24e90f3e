// A real OpenID Connect provider for the test beside this folder. It takes anybody by any name, which is the number that it vouches for.
// On standard input comes one line of JSON: the certificate and key that it speaks TLS with, and then a line with its clients. It says its
// issuer, and that it is ready, on standard output, one line each; it ends with its input.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const CLAIM = 'number';
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const line = async () => {
  const { done, value } = await lines.next();
  if (done) process.exit(0);
  return JSON.parse(value);
};

const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

const provider = (issuer, clients) => new Provider(issuer, {
  clients,
  jwks: { keys: [{ ...privateKey, use: 'sig', alg: 'ES256', kid: 'first' }] },
  claims: { openid: ['sub'], [CLAIM]: null },
  features: { claimsParameter: { enabled: true }, devInteractions: { enabled: false } },
  cookies: { keys: ['of a test'] },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => (id === 'nobody' ? { sub: id } : { sub: id, [CLAIM]: id }),
  }),
  // Nobody is asked what may be told.
  loadExistingGrant: async (context) => {
    const { client, session } = context.oidc;
    const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid');
    grant.addOIDCClaims(['sub', CLAIM]);
    await grant.save();
    return grant;
  },
});

const body = async (request) => {
  let text = '';
  for await (const part of request) text += part;
  return new URLSearchParams(text);
};

// The page on which somebody signs on, or turns back.
const interaction = async (current, request, response) => {
  const [, , uid, deed] = request.url.split('/');
  if (deed === 'abort') {
    await current.interactionFinished(request, response, { error: 'access_denied' });
  } else if (request.method === 'POST') {
    const login = { accountId: (await body(request)).get('login') };
    await current.interactionFinished(request, response, { login });
  } else {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!DOCTYPE html><title>Provider</title><form method="post" action="/interaction/${uid}">`
      + `<input id="login" name="login"><button>Sign in</button></form><a id="abort" href="/interaction/${uid}/abort">Back</a>`);
  }
};

const { cert, key } = await line();
let current;
const server = createServer({ cert, key }, (request, response) => {
  const answered = request.url.startsWith('/interaction/')
    ? interaction(current, request, response)
    : current.callback()(request, response);
  Promise.resolve(answered).catch((fault) => { response.statusCode = 400; response.end(String(fault)); });
});
await new Promise((listens) => { server.listen(0, '127.0.0.1', listens); });
const issuer = `https://127.0.0.1:${server.address().port}`;
current = provider(issuer, []);
console.log(issuer);
for (;;) {
  current = provider(issuer, await line());
  console.log('ready');
}
