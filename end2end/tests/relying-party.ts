// What a browser does in a sign-in, step by step and without drawing anything: it follows, keeps cookies, looks.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from '../midspan.mjs';
import { startProvider } from '../providers.mjs';

export const CLIENT_SECRET = 'a secret that only the two know';

export type Wrong = Record<string, unknown>;

export interface Seen {
  status: number;
  location: string;
  text: string;
}

export class Browser {
  readonly cookies = new Map<string, string>();

  async get(url: string, headers: Record<string, string> = {}): Promise<Seen> {
    return this.ask(url, { headers });
  }

  async ask(url: string, options: RequestInit): Promise<Seen> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', ...(cookie ? { cookie } : {}), ...(options.headers as Record<string, string>) };
    const answer = await fetch(url, { ...options, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split('=');
      if (value && !/max-age=0/i.test(line)) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    return { status: answer.status, location: answer.headers.get('location') ?? '', text: await answer.text() };
  }
}

/** A server of ours that trusts two providers, both of which do as they are told. */
export async function relyingParty() {
  const start = () => startProvider('mock-provider.mjs');
  const [mock, other, third] = await Promise.all([start(), start(), start()]);
  const server = await startServer({
    dev: false,
    configure: (url: string, directory: string) => {
      const secret = join(directory, 'client-secret');
      writeFileSync(secret, CLIENT_SECRET);
      const provider = (name: string, issuer: string) => ({
        name,
        issuer,
        clientId: 'midspan',
        clientSecret: { file: secret },
        claims: { groups: [{ claim: 'groups', give: '{value}' }, { give: 'developers' }] },
      });
      const providers = [provider('mock', mock.issuer), provider('other', other.issuer), provider('third', third.issuer)];
      return { url, signIn: { attemptsPerMinute: 10_000, providers } };
    },
  });

  const users = async (name: string, options: RequestInit) => {
    const token = readFileSync(join(server.data, 'admin-token'), 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, ...(options.headers as Record<string, string>) };
    const answer = await fetch(`${server.url}/apis/midspan.dev/v1alpha1/users/${name}`, { ...options, headers });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const tell = (issuer: string, path: string, body: unknown) =>
    fetch(`${issuer}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

  return {
    server,
    mock,
    other,
    third,
    async stop() {
      await server.stop();
      mock.stop();
      other.stop();
      third.stop();
    },
    /** What is wrong from now on; how often the provider was asked for its document until now. */
    async misbehave(wrong: Wrong, issuer = mock.issuer) {
      return Number(await (await tell(issuer, '/_misbehave', wrong)).text());
    },
    rotate: (issuer: string) => tell(issuer, '/_rotate', {}),
    async logoutToken(wrong: Wrong) {
      return (await tell(mock.issuer, '/_logout-token', wrong)).text();
    },
    user: (name: string) => users(name, {}),
    disable: (name: string, disabled: boolean) =>
      users(name, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ spec: { disabled } }),
      }),
    /** Goes as far as the address at which the provider sends the browser back. */
    async toCallback(browser: Browser, next = '', provider = 'mock') {
      const there = await browser.get(`${server.url}/auth/${provider}/start?next=${encodeURIComponent(next)}`);
      if (there.status !== 303) return there;
      return new Browser().get(there.location);
    },
    /** All the way. */
    async signIn(browser = new Browser(), next = '', provider = 'mock') {
      const back = await this.toCallback(browser, next, provider);
      if (back.status !== 302) return back;
      return browser.get(back.location);
    },
    async isSignedIn(browser: Browser) {
      return (await browser.get(`${server.url}/catalog`)).status === 200;
    },
  };
}
