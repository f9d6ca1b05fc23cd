// Providers that misbehave: nobody is signed in by what is not true. The cases are those of the OpenID conformance suite, and ours.
import { expect, test } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { Browser, CLIENT_SECRET, relyingParty, type Wrong } from './relying-party.js';

let party: Awaited<ReturnType<typeof relyingParty>>;
test.beforeAll(async () => {
  party = await relyingParty();
});
test.afterAll(() => party.stop());
test.beforeEach(async () => {
  await party.misbehave({});
  await party.misbehave({}, party.other.issuer);
});

const now = () => Math.floor(Date.now() / 1000);

test('a provider that behaves signs people in', async () => {
  const browser = new Browser();
  const back = await party.signIn(browser, '/runs?state=failed');
  expect([back.status, back.location]).toEqual([303, '/runs?state=failed']);
  expect(await party.isSignedIn(browser)).toBe(true);
});

const refused: [string, Wrong, RegExp][] = [
  ['an ID token that nobody signed', { signed: 'none' }, /ID token/],
  ['a signature that does not fit', { signed: 'changed' }, /ID token is not valid/],
  ['a signature made with the client secret', { signed: 'HS256 with the client secret' }, /ID token is not valid/],
  ['a signature by a key that is not the provider’s', { signed: 'another key' }, /ID token is not valid/],
  ['a key that is not published', { header: { kid: 'unheard-of' } }, /ID token is not valid/],
  ['another issuer', { claims: { iss: 'https://evil.example' } }, /Invalid issuer/],
  ['no issuer', { without: ['iss'] }, /cannot be read/],
  ['another audience', { claims: { aud: 'another-client' } }, /Invalid audience/],
  ['an audience beside us', { claims: { aud: ['midspan', 'another-client'] } }, /not a trusted audience/],
  ['no audience', { claims: { aud: [] } }, /Invalid audience/],
  ['another party', { claims: { azp: 'another-client' } }, /another party/],
  ['another nonce', { claims: { nonce: 'another' } }, /nonce/],
  ['no nonce', { without: ['nonce'] }, /nonce/],
  ['no subject', { without: ['sub'] }, /cannot be read/],
  ['an empty subject', { claims: { sub: '' } }, /names nobody/],
  ['a subject longer than there can be', { claims: { sub: 'x'.repeat(256) } }, /longer name/],
  ['no time of issue', { without: ['iat'] }, /cannot be read/],
  ['no end', { without: ['exp'] }, /cannot be read/],
  ['a time that is over', { claims: { exp: now() - 3600 } }, /Expired/],
  ['a time of issue to come', { claims: { iat: now() + 3600 } }, /issued in the future/],
  ['the hash of another access token', { claims: { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' } }, /at_hash/],
  ['a signature of another kind that does not fit', { signed: 'ES256, changed' }, /ID token is not valid/],
  ['critical headers', { signed: 'critical headers' }, /critical/],
  ['an encrypted or nested token', { header: { cty: 'JWT' } }, /nested/],
  ['no ID token', { noIdToken: true }, /no ID token/],
  ['another subject in UserInfo', { userinfo: { sub: 'somebody-else' } }, /UserInfo/],
  ['another issuer beside the code', { answer: { iss: 'https://evil.example' } }, /another issuer/],
  ['a code that the provider does not take', { tokenStatus: 400 }, /does not take the code/],
];
for (const [what, wrong, why] of refused) {
  test(`refused: ${what}`, async () => {
    const browser = new Browser();
    await party.misbehave(wrong);
    const back = await party.signIn(browser);
    expect(back.status, back.text).toBe(403);
    expect(back.text).toMatch(why);
    expect(await party.isSignedIn(browser)).toBe(false);
  });
}

const accepted: [string, Wrong][] = [
  ['a clock that is four minutes behind', { claims: { exp: now() - 240 } }],
  ['a clock that is four minutes ahead', { claims: { iat: now() + 240 } }],
  ['a signature of another kind', { signed: 'ES256' }],
  ['the party that we are', { claims: { azp: 'midspan' } }],
  ['a token without the name of its key, where there is one', { withoutHeader: ['kid'] }],
  ['a thousand groups', { claims: { groups: Array.from({ length: 1000 }, (_, n) => `a-group-with-quite-a-long-name-${n}`) } }],
];
for (const [what, wrong] of accepted) {
  test(`accepted: ${what}`, async () => {
    const browser = new Browser();
    await party.misbehave(wrong);
    const back = await party.signIn(browser);
    expect(back.status, back.text).toBe(303);
    expect(await party.isSignedIn(browser)).toBe(true);
    const carried = [...browser.cookies].join('').length;
    expect(carried, 'the cookie does not grow with what is said').toBeLessThan(200);
  });
}

test('a provider that changes its keys just before it signs is understood, and nobody can make us ask often', async () => {
  const { issuer } = party.third;
  const claims = { preferred_username: 'rosa' };
  const signIn = async () => (await party.signIn(new Browser(), '', 'third')).status;
  await party.misbehave({ claims }, issuer);
  expect(await signIn()).toBe(303);
  await party.rotate(issuer);
  expect(await signIn()).toBe(303);
  const asked = await party.misbehave({ claims, header: { kid: 'unheard-of' } }, issuer);
  for (let n = 0; n < 5; n += 1) expect(await signIn()).toBe(403);
  expect(await party.misbehave({ claims }, issuer)).toBe(asked);
  expect(await signIn()).toBe(303);
  // two keys could have made it now: without a name it is nobody's
  await party.misbehave({ claims, withoutHeader: ['kid'] }, issuer);
  expect(await signIn()).toBe(403);
  // what it said before counts while it does not answer
  await party.misbehave({ claims, down: true }, issuer);
  expect(await signIn()).toBe(303);
});

test('a state is good once, in one browser, for one provider', async () => {
  const browser = new Browser();
  const { location } = await party.toCallback(browser);
  expect((await new Browser().get(location)).status, 'another browser').toBe(400);
  expect((await browser.get(location)).status, 'it is used up by the try').toBe(400);

  const again = await party.toCallback(browser);
  expect((await browser.get(again.location)).status).toBe(303);
  expect((await browser.get(again.location)).status, 'a second time').toBe(400);

  const { location: mixed } = await party.toCallback(browser);
  const elsewhere = mixed.replace('/auth/mock/', '/auth/other/');
  expect((await browser.get(elsewhere)).status, 'an answer of one provider at the door of another').toBe(400);

  for (const query of ['', '?code=x', '?state=x', '?code=x&state=y', '?state=a&state=b&code=c', '?error=access_denied']) {
    expect((await browser.get(`${party.server.url}/auth/mock/callback${query}`)).status, query).toBe(400);
  }
});

test('a provider that says whose its answers are has to say it each time', async () => {
  // the other one has not been asked for its document yet
  await party.misbehave({ discovery: { authorization_response_iss_parameter_supported: true } }, party.other.issuer);
  const without = await party.signIn(new Browser(), '', 'other');
  expect([without.status, /does not say whose it is/.test(without.text)]).toEqual([403, true]);
  const iss = party.other.issuer;
  await party.misbehave({ discovery: { authorization_response_iss_parameter_supported: true }, answer: { iss } }, iss);
  // the same name at another provider is somebody else: the first one keeps it
  const taken = await party.signIn(new Browser(), '', 'other');
  expect([taken.status, /belongs to somebody else/.test(taken.text)]).toEqual([403, true]);
  await party.misbehave({ answer: { iss }, claims: { preferred_username: 'johanna' } }, iss);
  expect((await party.signIn(new Browser(), '', 'other')).status).toBe(303);
});

test('a refusal by the provider is told in words of ours', async () => {
  const browser = new Browser();
  const { location } = await party.toCallback(browser);
  const denied = await browser.get(location.replace(/code=[^&]*/, 'error=access_denied&error_description=Call%20us'));
  expect([denied.status, /did not sign you in: access denied/.test(denied.text)]).toEqual([403, true]);
  expect(denied.text).not.toContain('Call us');
});

test('nobody is led away', async () => {
  for (const away of ['//evil.example', '/\\evil.example', 'https://evil.example/', 'javascript:alert(1)', '/\t/evil.example', '\\\\evil']) {
    const browser = new Browser();
    const back = await party.signIn(browser, away);
    expect([away, back.status, back.location]).toEqual([away, 303, '/']);
  }
});

test('an address is verified where it stands', async () => {
  const [email, other] = ['johndoe@example.test', 'somebody-else@example.test'];
  const emailOf = async (wrong: Wrong) => {
    await party.misbehave(wrong);
    expect((await party.signIn()).status).toBe(303);
    return (await party.user('johndoe')).status.email;
  };
  expect(await emailOf({ claims: { email, email_verified: true } })).toBe(email);
  expect(await emailOf({ claims: { email } })).toBe('');
  expect(await emailOf({ claims: { email }, userinfo: { email: other, email_verified: true } })).toBe('');
  expect(await emailOf({ claims: { email }, userinfo: { email, email_verified: true } })).toBe(email);
});

test('who is not let in any more is out at once, and is no longer signed in when let in again', async () => {
  const nell = { claims: { sub: 'nell', preferred_username: 'nell' }, userinfo: { sub: 'nell' } };
  await party.misbehave(nell);
  const browser = new Browser();
  await party.signIn(browser);
  expect(await party.isSignedIn(browser)).toBe(true);
  await party.disable('nell', true);
  expect(await party.isSignedIn(browser)).toBe(false);
  const turned = await party.signIn(new Browser());
  expect([turned.status, /is not let in here any more/.test(turned.text)]).toEqual([403, true]);
  await party.disable('nell', false);
  expect(await party.isSignedIn(browser)).toBe(false);
  expect((await party.signIn(browser)).status).toBe(303);
});

test('a session has a new id after signing in, and the old one is dead', async () => {
  const browser = new Browser();
  await party.signIn(browser);
  const before = browser.cookies.get('midspan')!;
  await party.signIn(browser);
  expect(browser.cookies.get('midspan')).not.toBe(before);
  const old = new Browser();
  old.cookies.set('midspan', before);
  expect(await party.isSignedIn(old)).toBe(false);
  // an id that somebody else has chosen is not taken
  const fixed = new Browser();
  fixed.cookies.set('midspan', 'AAAAAAAAAAAAAAAAAAAAAA');
  await party.signIn(fixed);
  expect(fixed.cookies.get('midspan')).not.toBe('AAAAAAAAAAAAAAAAAAAAAA');
});

test('a logout token ends the sessions of whom it names, once', async () => {
  const browser = new Browser();
  await party.signIn(browser);
  const post = async (token: string) => {
    const body = new URLSearchParams({ logout_token: token });
    return (await fetch(`${party.server.url}/auth/mock/backchannel-logout`, { method: 'POST', body })).status;
  };
  const event = 'http://schemas.openid.net/event/backchannel-logout';
  for (const wrong of [
    { signed: 'none' },
    { signed: 'changed' },
    { signed: 'HS256 with the client secret' },
    { signed: 'another key' },
    { claims: { iss: 'https://evil.example' } },
    { claims: { aud: 'another-client' } },
    { claims: { events: {} } },
    { without: ['events'] },
    { claims: { events: { 'http://schemas.openid.net/event/another': {} } } },
    { claims: { nonce: 'n' } },
    { claims: { iat: now() - 3600 } },
    { claims: { exp: now() - 3600 } },
    { without: ['jti'] },
    { without: ['sub'] },
  ]) {
    expect(await post(await party.logoutToken(wrong)), JSON.stringify(wrong)).toBe(400);
  }
  expect(await post('nonsense')).toBe(400);
  expect(await party.isSignedIn(browser), 'nothing has ended it yet').toBe(true);
  expect(await post(await party.logoutToken({ claims: { sub: 'somebody-else' } }))).toBe(200);
  expect(await party.isSignedIn(browser)).toBe(true);
  const token = await party.logoutToken({ claims: { events: { [event]: {} } } });
  expect(await post(token)).toBe(200);
  expect(await party.isSignedIn(browser)).toBe(false);
  expect(await post(token), 'a second time').toBe(400);
});

test('nothing that opens something stands in the log', async () => {
  const browser = new Browser();
  const { location } = await party.toCallback(browser);
  const query = new URL(location).searchParams;
  await browser.get(location);
  await browser.get(location);
  const log = readFileSync(party.server.log, 'utf8');
  const secrets = [CLIENT_SECRET, query.get('code')!, query.get('state')!, 'eyJ', ...browser.cookies.values()];
  for (const secret of secrets) expect(log.includes(secret), `${secret.slice(0, 8)}…`).toBe(false);
});
