// A real OpenID provider on loopback: node provider.mjs PORTAL_URL. Anybody who types a name is that person; it prints its issuer.
// Who is called paul is in the group `platform-team`, everybody else in `shop`.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const portal = process.argv[2];
const server = createServer();
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'midspan',
      client_secret: 'a secret that only the two know',
      redirect_uris: [`${portal}/auth/corp/callback`],
      post_logout_redirect_uris: [`${portal}/sign-in`],
      backchannel_logout_uri: `${portal}/auth/corp/backchannel-logout`,
      backchannel_logout_session_required: true,
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ['sub', 'sid'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'email', 'groups'],
  features: {
    devInteractions: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    backchannelLogout: { enabled: true },
  },
  cookies: { keys: ['only for tests'] },
  // It calls us on loopback, which it would refuse otherwise.
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      name: `${id[0].toUpperCase()}${id.slice(1)} of Example Corp`,
      preferred_username: id,
      email: `${id}@example.test`,
      email_verified: true,
      groups: [id === 'paul' ? 'platform-team' : 'shop'],
    }),
  }),
});
for (const trouble of ['server_error', 'grant.error', 'backchannel.error']) {
  provider.on(trouble, (_context, error) => console.error(trouble, error?.message ?? error, error?.error_detail ?? ''));
}
server.on('request', provider.callback());
console.log(JSON.stringify({ issuer }));
