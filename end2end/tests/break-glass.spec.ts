// The day on which no provider answers: a password that is off unless configured, and whoever guesses it waits.
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from '../midspan.mjs';

const PASSWORD = 'correct horse battery staple';

let server: Awaited<ReturnType<typeof startServer>>;
test.beforeAll(async () => {
  server = await startServer({
    dev: false,
    configure: (url: string, directory: string) => {
      const file = join(directory, 'break-glass.hash');
      const hash = execFileSync(process.env.MIDSPAN_BIN!, ['auth', 'hash-password'], { input: PASSWORD, stdio: ['pipe', 'pipe', 'ignore'] });
      writeFileSync(file, hash);
      // nothing listens there
      const provider = { name: 'corp', title: 'Example Corp', issuer: 'http://127.0.0.1:1', clientId: 'midspan' };
      return { url, signIn: { providers: [provider], localAdmin: { passwordHashFile: file } } };
    },
  });
});
test.afterAll(() => server.stop());

test('a provider that is down is told, and the password opens the portal', async ({ page }) => {
  await page.goto(`${server.url}/sign-in`);
  await page.getByRole('link', { name: 'Continue with Example Corp' }).click();
  await expect(page.getByText('Example Corp does not answer.')).toBeVisible();

  await page.goto(`${server.url}/sign-in?next=/runs`);
  await page.getByText('With the break-glass password').click();
  await page.getByLabel('Password').fill('something else');
  await page.getByRole('button', { name: 'Sign in' }).last().click();
  await expect(page.getByText('This is not the password.')).toBeVisible();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).last().click();
  await expect(page).toHaveURL(`${server.url}/runs`);
  await expect(page.getByText('break-glass', { exact: true })).toBeVisible();
  await page.goto(`${server.url}/me`);
  await expect(page.getByText(/makes no further tokens/)).toBeVisible();
  expect(readFileSync(server.log, 'utf8')).toContain('the break-glass administrator signs in');
  expect(readFileSync(server.log, 'utf8')).not.toContain(PASSWORD);
});

test('the page with every way in is accessible', async ({ page }) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${server.url}/sign-in`);
    for (const fold of await page.locator('summary').all()) await fold.click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
  }
});

test('whoever guesses waits', async ({ request }) => {
  const guess = (n: number) =>
    request.post(`${server.url}/sign-in`, { form: { password: `guess ${n}` }, headers: { 'sec-fetch-site': 'same-origin' } });
  // at once, so that the budget of a minute does not grow meanwhile
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => guess(n)));
  const codes = answers.map((answer) => answer.status()).sort();
  expect(new Set(codes)).toEqual(new Set([401, 429]));
  expect(codes.filter((code) => code === 401).length).toBeLessThanOrEqual(11);
});
