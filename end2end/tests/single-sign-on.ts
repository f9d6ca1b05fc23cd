// Signing in through a real OpenID provider, and out again everywhere. With JavaScript or without.
import { expect, test, type Page } from '@playwright/test';
import { spawn } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from '../midspan.mjs';
import { startProvider } from '../providers.mjs';
import { client } from './client.js';

const CLIENT_SECRET = 'a secret that only the two know';

export function singleSignOn() {
  let provider: Awaited<ReturnType<typeof startProvider>>;
  let server: Awaited<ReturnType<typeof startServer>>;

  test.beforeAll(async () => {
    server = await startServer({
      dev: false,
      configure: async (url: string, directory: string) => {
        provider = await startProvider('provider.mjs', url);
        const secret = join(directory, 'client-secret');
        writeFileSync(secret, `${CLIENT_SECRET}\n`);
        const groups = [
          { claim: 'groups', value: 'platform-team', give: 'platform' },
          { claim: 'groups', value: '*', give: 'corp:{value}' },
          { give: 'developers' },
        ];
        const corp = {
          name: 'corp',
          title: 'Example Corp',
          issuer: provider.issuer,
          clientId: 'midspan',
          clientSecret: { file: secret },
          scopes: ['profile', 'email', 'groups'],
          claims: { groups },
        };
        return { url, signIn: { attemptsPerMinute: 1000, providers: [corp] } };
      },
    });
  });
  test.afterAll(async () => {
    await server?.stop();
    provider?.stop();
  });

  /** From our sign-in page over the provider's own pages and back. */
  async function signIn(page: Page, name: string) {
    await page.getByRole('link', { name: 'Continue with Example Corp' }).click();
    await page.locator('input[name=login]').fill(name);
    await page.locator('input[name=password]').fill('anything');
    await page.locator('button[type=submit]').click();
    await page.locator('button[type=submit]').click();
  }

  test('an account at work opens the portal, and signing out ends it here and there', async ({ page, context }) => {
    expect((await page.goto(`${server.url}/runs?state=failed`))!.status()).toBe(401);
    await signIn(page, 'ana');
    await expect(page, 'it goes on where one wanted to go').toHaveURL(`${server.url}/runs?state=failed`);
    await expect(page.getByText('ana', { exact: true })).toBeVisible();
    await expect(page.getByText('Developer', { exact: true })).toBeVisible();
    const cookie = (await context.cookies(server.url)).find(({ name }) => name === 'midspan')!;
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
    await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Platform' })).toHaveCount(0);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: /^Yes/ }).click();
    await expect(page).toHaveURL(`${server.url}/sign-in`);
    expect((await page.goto(`${server.url}/catalog`))!.status()).toBe(401);
    await context.addCookies([cookie]);
    expect((await page.goto(`${server.url}/catalog`))!.status(), 'the old cookie opens nothing').toBe(401);
    await page.getByRole('link', { name: 'Continue with Example Corp' }).click();
    await expect(page.locator('input[name=login]'), 'the provider asks again').toBeVisible();
  });

  test('signing out at the provider ends every session here', async ({ page }) => {
    await page.goto(`${server.url}/sign-in`);
    await signIn(page, 'paul');
    await expect(page.getByText('Platform engineer', { exact: true })).toBeVisible();
    await page.goto(`${provider.issuer}/session/end`);
    await page.getByRole('button', { name: /^Yes/ }).click();
    await expect(async () => {
      expect((await page.goto(`${server.url}/catalog`))!.status(), 'the provider tells us').toBe(401);
    }).toPass({ timeout: 10_000 });
  });

  test('a terminal is let in through the browser, and its token is ended under one’s name', async ({ page }, info) => {
    await page.goto(`${server.url}/sign-in`);
    await signIn(page, 'ana');
    const environment = { PATH: process.env.PATH, MIDSPAN_SERVER: server.url, MIDSPAN_CREDENTIALS: info.outputPath('credentials.json') };
    const midspan = client(server.binary, environment);
    const terminal = spawn(server.binary, ['auth', 'login'], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    terminal.stderr.on('data', (text) => (said += text));
    const ended = new Promise((done) => terminal.once('exit', done));
    await expect.poll(() => said, { timeout: 10_000 }).toMatch(/code .{4}-.{4}/);
    const [, link, code] = /Open (\S+)[^]*code (.{9})/.exec(said)!;

    await page.goto(link);
    await expect(page.getByText(code, { exact: true })).toBeVisible();
    await page.getByRole('button', { name: 'Allow' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Device signed in' })).toBeVisible();
    expect(await ended, said).toBe(0);
    expect((await midspan(['auth', 'whoami'])).out).toMatch(/User:\s+ana\b[^]*Roles:\s+developer/);
    expect(statSync(environment.MIDSPAN_CREDENTIALS).mode & 0o777).toBe(0o600);

    await page.goto(link);
    await expect(page.getByText('No device waits under this code')).toBeVisible();
    await page.getByRole('link', { name: 'ana' }).click();
    await page.getByRole('row', { name: /midspan auth login/ }).getByRole('button', { name: 'Revoke' }).click();
    await expect(page.getByText('The token is revoked.')).toBeVisible();
    expect((await midspan(['auth', 'whoami'])).code).toBe(4);
    expect((await midspan(['auth', 'logout'])).code).toBe(0);
  });

  test('under one’s name stand browsers and tokens, and each can be ended', async ({ page, browser }) => {
    await page.goto(`${server.url}/sign-in`);
    await signIn(page, 'ana');
    const other = await browser.newContext();
    const phone = await other.newPage();
    await phone.goto(`${server.url}/sign-in`);
    await signIn(phone, 'ana');
    await expect(phone.getByRole('link', { name: 'ana' })).toBeVisible();

    await page.goto(`${server.url}/me`);
    await expect(page.getByText('Ana of Example Corp, ana@example.test. Signed in through Example Corp.')).toBeVisible();
    await expect(page.getByText('corp:shop')).toBeVisible();
    await page.getByRole('button', { name: /^End/ }).first().click();
    await expect(page.getByText(/(is|are) ended\./)).toBeVisible();
    expect((await phone.goto(`${server.url}/catalog`))!.status()).toBe(401);
    await other.close();

    await page.getByText('New token', { exact: true }).click();
    await page.getByRole('button', { name: 'Make the token' }).click();
    await expect(page.getByText('Say what it is for')).toBeVisible();
    await page.getByLabel('What it is for').fill('a dashboard');
    await page.getByLabel('Only for reading').check();
    await page.getByRole('button', { name: 'Make the token' }).click();
    const token = (await page.getByText(/^mspn_[0-9a-f]{72}$/).innerText()).trim();
    const resources = `${server.url}/apis/midspan.dev/v1alpha1/namespaces/default/requests`;
    const ask = async (method: string, path: string) =>
      (await fetch(path, { method, headers: { authorization: `Bearer ${token}` } })).status;
    expect(await ask('GET', resources)).toBe(200);
    expect(await ask('DELETE', `${resources}/any`)).toBe(403);
    await page.goto(`${server.url}/me`);
    await expect(page.getByText(token), 'it is shown once').toHaveCount(0);
    await page.getByRole('row', { name: /a dashboard/ }).getByRole('button', { name: 'Revoke' }).click();
    await expect(page.getByText('The token is revoked.')).toBeVisible();
    expect(await ask('GET', resources)).toBe(401);
  });
}
