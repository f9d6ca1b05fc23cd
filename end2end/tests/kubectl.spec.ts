// The main job through an unmodified kubectl: the API's shape is proven by a client that is not ours.
import { expect, test } from '@playwright/test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { client, root } from './client.js';
import * as gitops from './gitops.js';

const NAME = 'orders-kubectl';
const home = mkdtempSync(join(tmpdir(), 'midspan-kubectl-'));
const request = () =>
  readFileSync(join(root, 'examples/starter/postgresql/request.yaml'), 'utf8').replace('orders-db', NAME);

const run = client('kubectl', { PATH: process.env.PATH, HOME: home, KUBECONFIG: join(home, 'config') });

async function kubectl(words: string[], input?: string): Promise<string> {
  const said = await run(words, input);
  expect(said.code, `kubectl ${words.join(' ')}\n${said.out}${said.err}`).toBe(0);
  return said.out;
}

test.describe.configure({ mode: 'serial' });

test.beforeAll(() => {
  const token = readFileSync(join(process.env.MIDSPAN_DATA!, 'dev/tokens/developer'), 'utf8').trim();
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'midspan',
    // kubectl sends tokens over TLS only; over plain HTTP it sends what stands in the address.
    clusters: [{ name: 'midspan', cluster: { server: process.env.MIDSPAN_URL!.replace('//', `//dana:${token}@`) } }],
    users: [{ name: 'dana', user: {} }],
    contexts: [{ name: 'midspan', context: { cluster: 'midspan', user: 'dana', namespace: 'default' } }],
  };
  writeFileSync(join(home, 'config'), JSON.stringify(config));
});

test.afterAll(() => rmSync(home, { recursive: true, force: true }));

test('the promises and their APIs are found', async () => {
  expect(await kubectl(['get', 'promises'])).toContain('postgresql');
  expect(await kubectl(['api-resources', '--api-group=data.example.com'])).toContain('Postgresql');
  expect(await kubectl(['describe', 'promise', 'postgresql'])).toContain('PostgreSQL database');
});

test('apply, wait, get and describe bring a database', async () => {
  expect(await kubectl(['apply', '-f', '-'], request())).toContain(`${NAME} created`);
  await kubectl(['wait', '--for=condition=Ready', '--timeout=60s', `postgresql/${NAME}`]);
  expect(await kubectl(['get', 'postgresql', NAME])).toContain(NAME);
  expect(await kubectl(['get', 'postgresql', NAME, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'])).toBe('True');
  expect(await kubectl(['describe', 'postgresql', NAME])).toContain(`${NAME}-rw.default.svc`);
  expect(gitops.commits(NAME)).toHaveLength(1);
});

test('applying the same again changes nothing', async () => {
  expect(await kubectl(['apply', '-f', '-'], request())).toContain(`${NAME} unchanged`);
  expect(gitops.commits(NAME)).toHaveLength(1);
});

test('applying a change makes a second commit', async () => {
  expect(await kubectl(['apply', '-f', '-'], request().replace('storageGiB: 50', 'storageGiB: 80'))).toContain('configured');
  await expect.poll(() => gitops.commits(NAME).length, { timeout: 20_000 }).toBe(2);
  expect(gitops.file(NAME, 'cluster.yaml')).toContain('size: "80Gi"');
});

test('a wrong value is refused with its place', async () => {
  const said = await run(['apply', '-f', '-'], request().replace('size: medium', 'size: enormous'));
  expect(said.code).not.toBe(0);
  expect(said.err).toContain('spec.size');
});

test('delete waits until nothing is left', async () => {
  await kubectl(['delete', 'postgresql', NAME, '--timeout=60s']);
  expect(gitops.files(NAME)).toEqual([]);
  expect((await run(['get', 'postgresql', NAME])).err).toContain('NotFound');
});
