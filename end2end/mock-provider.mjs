// A provider that misbehaves as it is told: `POST /_misbehave` with what is to be wrong, an empty object for nothing.
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { OAuth2Server } from 'oauth2-mock-server';

const CLIENT_SECRET = 'a secret that only the two know';
const server = new OAuth2Server();
const kid = () => `key-${server.issuer.keys.toJSON().length + 1}`;
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
/** Published beside the others, for what the server itself would not sign. */
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ownPublic = { ...own.publicKey.export({ format: 'jwk' }), kid: 'own', use: 'sig', alg: 'ES256' };
/** What is wrong now, and how often it was asked for keys. */
let wrong = {};
let asked = 0;

await server.issuer.keys.generate('RS256', { kid: kid() });
await server.start(0, '127.0.0.1');
const issuer = `http://127.0.0.1:${server.address().port}`;
server.issuer.url = issuer;

const { service } = server;
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

/** Changes claims and header as told, before the token is signed. Access tokens stay as they are. */
function change(token, { claims = {}, without = [], header = {}, withoutHeader = [] }) {
  Object.assign(token.payload, claims);
  for (const name of without) delete token.payload[name];
  Object.assign(token.header, header);
  for (const name of withoutHeader) delete token.header[name];
}

/** The same token signed otherwise. */
function resign(token, how) {
  const [header, payload, signature] = token.split('.');
  const as = (alg, sign) => {
    const signed = `${encode({ ...decode(header), alg })}.${payload}`;
    return `${signed}.${sign(signed)}`;
  };
  switch (how) {
    case 'none':
      return as('none', () => '');
    case 'changed':
      return `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    case 'HS256 with the client secret':
      return as('HS256', (signed) => createHmac('sha256', CLIENT_SECRET).update(signed).digest('base64url'));
    case 'another key':
      return as('RS256', (signed) => createSign('RSA-SHA256').update(signed).sign(foreign, 'base64url'));
    case 'ES256':
      return byOwnKey({}, payload);
    case 'ES256, changed':
      return byOwnKey({}, encode({ ...decode(payload), sub: 'somebody-else' }), payload);
    case 'critical headers':
      return byOwnKey({ crit: ['b64'], b64: true }, payload);
    default:
      return token;
  }
}

function byOwnKey(more, payload, signedPayload = payload) {
  const header = encode({ typ: 'JWT', alg: 'ES256', kid: 'own', ...more });
  const key = { key: own.privateKey, dsaEncoding: 'ieee-p1363' };
  const signature = createSign('SHA256').update(`${header}.${signedPayload}`).sign(key, 'base64url');
  return `${header}.${payload}.${signature}`;
}

service.on('beforeTokenSigning', (token) => {
  // an ID token has an audience, the access token of this server has none
  if (token.payload.aud === undefined) return;
  token.payload.preferred_username = 'johndoe';
  change(token, wrong);
});
service.on('beforeResponse', (response) => {
  if (wrong.tokenStatus) Object.assign(response, { statusCode: wrong.tokenStatus, body: { error: 'invalid_grant' } });
  if (response.body.id_token) response.body.id_token = resign(response.body.id_token, wrong.signed);
  if (wrong.noIdToken) delete response.body.id_token;
});
service.on('beforeUserinfo', (response) => Object.assign(response.body, wrong.userinfo));
service.on('beforeAuthorizeRedirect', ({ url }) => {
  for (const [name, value] of Object.entries(wrong.answer ?? {})) url.searchParams.set(name, value);
});
service.on('beforeWellKnownOpenIdConfiguration', (response) => {
  asked += 1;
  response.body.jwks_uri = `${issuer}/_keys`;
  Object.assign(response.body, wrong.discovery);
  if (wrong.down) response.statusCode = 503;
});

service.addRoute('GET', '/_keys', (_request, response) => {
  const keys = [{ kty: 'unheard-of', kid: 'x' }, { kty: 'RSA', n: 7 }, { kty: 'RSA', n: '!', e: 'AQAB' }, ownPublic, ...server.issuer.keys.toJSON()];
  response.setHeader('content-type', 'application/jwk-set+json');
  response.end(JSON.stringify({ keys: wrong.keys ?? keys }));
});
service.addRoute('POST', '/_misbehave', (request, response) => {
  wrong = request.body ?? {};
  response.end(String(asked));
});
service.addRoute('POST', '/_rotate', async (_request, response) => {
  await server.issuer.keys.generate('RS256', { kid: kid() });
  response.end();
});
service.addRoute('POST', '/_logout-token', async (request, response) => {
  const { signed, ...changes } = request.body ?? {};
  const token = await server.issuer.buildToken({
    scopesOrTransform: (header, payload) => {
      Object.assign(header, { typ: 'logout+jwt' });
      const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
      Object.assign(payload, { aud: 'midspan', jti: String(Math.random()), sub: 'johndoe', events });
      change({ header, payload }, changes);
    },
  });
  response.end(resign(token, signed));
});
console.log(JSON.stringify({ issuer }));
