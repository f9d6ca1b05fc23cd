// A server run in earnest: nobody is signed in, a token opens it, and signing out closes it. With JavaScript or without.
import { expect, test } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from '../midspan.mjs';

export function signIn() {
  let server: Awaited<ReturnType<typeof startServer>>;
  test.beforeAll(async () => {
    server = await startServer({ dev: false });
  });
  test.afterAll(() => server.stop());

  test('a token opens the portal, and signing out closes it', async ({ page }) => {
    const token = readFileSync(join(server.data, 'admin-token'), 'utf8').trim();
    const asked = await page.goto(`${server.url}/runs?state=failed`);
    expect(asked!.status()).toBe(401);
    await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
    await page.getByLabel('Access token').fill('mspn_not-a-token');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText('This token is not known here, or it has run out.')).toBeVisible();
    await expect(page.getByLabel('Access token')).toHaveValue('');

    await page.getByLabel('Access token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page, 'it goes on where one wanted to go').toHaveURL(`${server.url}/runs?state=failed`);
    await expect(page.getByRole('heading', { level: 1, name: 'Runs' })).toBeVisible();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(`${server.url}/sign-in`);
    expect((await page.goto(`${server.url}/catalog`))!.status()).toBe(401);
  });

  test('nobody is led away or signed in from another site', async ({ request }) => {
    const token = readFileSync(join(server.data, 'admin-token'), 'utf8').trim();
    const post = (headers: Record<string, string>, next: string) =>
      request.post(`${server.url}/sign-in`, { form: { token, next }, headers, maxRedirects: 0 });
    const own = { 'sec-fetch-site': 'same-origin' };
    expect((await post(own, 'https://evil.example/')).headers().location).toBe('/');
    expect((await post(own, '//evil.example')).headers().location).toBe('/');
    expect((await post(own, '/catalog?q=x')).headers().location).toBe('/catalog?q=x');
    expect((await post({ 'sec-fetch-site': 'cross-site' }, '/')).status()).toBe(403);
  });
}
