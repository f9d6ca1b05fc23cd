// The main job through Midspan's own command line.
import { expect, test } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutSettings } from '../midspan.mjs';
import { client, root } from './client.js';
import * as gitops from './gitops.js';

const NAME = 'orders-cli';
const request = () =>
  readFileSync(join(root, 'examples/starter/postgresql/request.yaml'), 'utf8').replace('orders-db', NAME);

const midspan = (words: string[], input?: string) =>
  client(process.env.MIDSPAN_BIN!, {
    ...withoutSettings(),
    MIDSPAN_SERVER: process.env.MIDSPAN_URL,
    MIDSPAN_TOKEN: readFileSync(join(process.env.MIDSPAN_DATA!, 'dev/tokens/developer'), 'utf8').trim(),
  })(words, input);

async function succeeds(words: string[], input?: string): Promise<string> {
  const said = await midspan(words, input);
  expect(said.code, `midspan ${words.join(' ')}\n${said.out}${said.err}`).toBe(0);
  return said.out;
}

test.describe.configure({ mode: 'serial' });

test('apply, wait, get and describe bring a database', async () => {
  expect(await succeeds(['apply', '-f', '-'], request())).toContain(NAME);
  await succeeds(['wait', '--for=condition=Ready', '--timeout=60s', `postgresql/${NAME}`]);
  expect(await succeeds(['get', 'postgresql'])).toContain(NAME);
  expect(await succeeds(['describe', 'postgresql', NAME])).toContain(`${NAME}-rw.default.svc`);
  expect(gitops.commits(NAME)).toHaveLength(1);
});

test('a second apply of a changed file makes a second commit', async () => {
  await succeeds(['apply', '-f', '-'], request().replace('storageGiB: 50', 'storageGiB: 80'));
  await expect.poll(() => gitops.commits(NAME).length, { timeout: 20_000 }).toBe(2);
  expect(gitops.file(NAME, 'cluster.yaml')).toContain('size: "80Gi"');
});

test('an invalid document is refused with the place of the error', async () => {
  const said = await midspan(['apply', '-f', '-'], request().replace('instances: 3', 'instances: many'));
  expect(said.code).not.toBe(0);
  expect(said.err).toMatch(/spec[./]instances/);
});

test('logs and doctor say how things are', async () => {
  await succeeds(['logs', `postgresql/${NAME}`]);
  expect(await succeeds(['doctor'])).toMatch(/\S/);
});

test('delete takes the files away', async () => {
  await succeeds(['delete', 'postgresql', NAME]);
  await expect.poll(() => gitops.files(NAME), { timeout: 20_000 }).toEqual([]);
  await expect.poll(async () => (await midspan(['get', 'postgresql', NAME])).code).not.toBe(0);
});
