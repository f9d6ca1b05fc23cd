// Forms with everything a schema can ask for: conditions, lists, pickers, schedules, pages, and the document beside it. With JavaScript or without.
import { expect, test, type Page } from '@playwright/test';
import { Api } from './api.mjs';
import { Portal } from './portal.js';

const files = { 'note.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ metadata.name }}\ndata:\n  spec: {{ spec | tojson }}\n' };

function promise(name: string, kind: string, title: string, schema: object) {
  return {
    apiVersion: 'midspan.dev/v1alpha1',
    kind: 'Promise',
    metadata: { name, labels: { 'midspan.dev/version': 'v1.0.0' } },
    spec: {
      title,
      description: 'Made for the walkthrough of forms.',
      api: { group: 'forms.example.com', version: 'v1', kind, plural: `${name}s`, singular: name, schema },
      destinationSelectors: [{ matchLabels: { environment: 'dev' } }],
      workflows: { resource: { configure: [{ name: 'render', steps: [{ name: 'note', uses: 'template', with: { files } }] }] } },
    },
  };
}

const environment = {
  title: 'Environment',
  default: 'development',
  oneOf: [
    { const: 'development', title: 'Development', description: 'May be restarted at any time.' },
    { const: 'production', title: 'Production', description: 'Somebody has to approve it.' },
  ],
};
const team = { type: 'string', title: 'Team', pattern: '^[a-z]+$', 'x-ui': { messages: { pattern: 'Use lower-case letters.' } } };

export const pipeline = promise('pipeline', 'Pipeline', 'Data pipeline', {
  type: 'object',
  required: ['team', 'source'],
  properties: {
    team,
    environment,
    approver: { type: 'string', title: 'Approver', 'x-ui': { when: "self.environment == 'production'" } },
    memory: { type: 'string', title: 'Memory', format: 'quantity', default: '512Mi' },
    schedule: { type: 'string', title: 'Schedule', description: 'When it runs.', 'x-ui': { widget: 'cron' } },
    network: { type: 'string', title: 'Network', format: 'cidr' },
    token: { type: 'string', title: 'Token', writeOnly: true, minLength: 8 },
    centre: { title: 'Data centre', enum: ['Amsterdam', 'Berlin', 'Cologne', 'Dublin', 'Essen', 'Frankfurt', 'Geneva', 'Hamburg', 'Izmir', 'Jena', 'Kiel', 'Lyon', 'Madrid', 'Nice', 'Oslo', 'Paris', 'Rome'] },
    begins: { type: 'string', title: 'Begins', format: 'date-time' },
    cache: { type: 'string', title: 'Cache', 'x-output-of': { promise: 'redis', output: 'host' } },
    source: {
      title: 'Source',
      oneOf: [
        {
          type: 'object',
          title: 'Bucket',
          description: 'Objects of a bucket.',
          required: ['kind', 'bucket'],
          properties: { kind: { const: 's3' }, bucket: { type: 'string', title: 'Bucket name' } },
        },
        {
          type: 'object',
          title: 'File share',
          required: ['kind', 'server'],
          properties: { kind: { const: 'nfs' }, server: { type: 'string', title: 'Server' } },
        },
      ],
    },
    steps: {
      type: 'array',
      title: 'Steps',
      items: {
        type: 'object',
        title: 'Step',
        required: ['image'],
        properties: { image: { type: 'string', title: 'Image' }, retries: { type: 'integer', title: 'Retries', default: 3 } },
      },
    },
  },
  if: { properties: { environment: { const: 'production' } } },
  then: { properties: { region: { type: 'string', title: 'Region', enum: ['eu', 'us'] } }, required: ['region'] },
});

export const onboarding = promise('onboarding', 'Onboarding', 'Onboarding', {
  type: 'object',
  required: ['team', 'tool'],
  properties: { team, environment, tool: { type: 'string', title: 'Tool' } },
  'x-ui': {
    pages: [
      { title: 'Who', fields: ['team'] },
      { title: 'What', description: 'What they get.', fields: ['environment', 'tool'] },
    ],
  },
});

/** Publishes both promises, and a Redis to pick. */
export async function publish() {
  const url = process.env.MIDSPAN_URL ?? '';
  const data = process.env.MIDSPAN_DATA ?? '';
  const platform = new Api(url, data, 'platform');
  for (const each of [pipeline, onboarding]) {
    await platform.ask('POST', '/apis/midspan.dev/v1alpha1/promises', each).catch((error: Error) => {
      if (!/ 409 /.test(error.message)) throw error;
    });
  }
  await new Api(url, data).readyRedis('sessions');
}

export function forms(name: string) {
  test.describe.configure({ mode: 'default' });
  test.beforeAll(publish);

  /** Without a script a button shows what a change has led to. */
  const follow = async (page: Page, scripting: boolean | undefined) => {
    if (!scripting) await page.getByRole('button', { name: 'Show as code' }).click();
  };

  test('a form shows what belongs to what was chosen, and says what is wrong where it stands', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto('/catalog/pipeline/new?values.memory=1Gi');
    await expect(portal.field('Memory')).toHaveValue('1Gi');
    await expect(page.getByText('Default: 512Mi')).toBeVisible();
    await expect(portal.field('Approver')).toBeHidden();
    await expect(page.getByText('Region')).toBeHidden();
    await portal.field('Name').fill(name);
    await page.getByRole('radio', { name: /^Production/ }).check();
    await follow(page, javaScriptEnabled);
    await expect(portal.field('Approver')).toBeVisible();
    await expect(page.getByRole('group', { name: /^Region/ })).toBeVisible();
    await portal.field('Schedule').fill('0 2 * * *');
    await follow(page, javaScriptEnabled);
    await expect(page.getByText(/Next: \w{3} \d+ \w{3} 02:00/)).toBeVisible();
    await portal.field('Network').fill('10.0.0.0');
    await portal.field('Team').fill('Data!');
    if (javaScriptEnabled) {
      await portal.field('Memory').focus();
      await expect(page.getByText('Use lower-case letters.')).toBeVisible();
      await expect(portal.field('Team')).toHaveAttribute('aria-invalid', 'true');
      await portal.field('Team').fill('data');
      await expect(page.getByText('Use lower-case letters.')).toBeHidden();
    }
    await portal.toThePlan();
    await expect(portal.errorSummary).toContainText('Enter an address block, like 10.0.0.0/16.');
    await expect(portal.errorSummary).toContainText('Choose region');
    await page.getByRole('radio', { name: /^Development/ }).check();
    await follow(page, javaScriptEnabled);
    await expect(portal.field('Approver')).toBeHidden();
  });

  test('rows are added, moved, duplicated and removed', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto('/catalog/pipeline/new');
    const images = page.getByLabel(/^Image/);
    for (const image of ['first', 'second']) {
      await page.getByRole('button', { name: 'Add to Steps' }).click();
      await images.last().fill(image);
    }
    await page.getByRole('button', { name: 'Move up Step 2' }).click();
    await expect(images).toHaveCount(2);
    await expect(images.first()).toHaveValue('second');
    await page.getByRole('button', { name: 'Duplicate Step 1' }).click();
    await expect(images).toHaveCount(3);
    await expect(images.nth(1)).toHaveValue('second');
    await page.getByRole('button', { name: 'Remove Step 3' }).click();
    await expect(images).toHaveCount(2);
  });

  test('the document is edited beside the form, and the form follows it', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto('/catalog/pipeline/new');
    await portal.field('Name').fill(name);
    await portal.field('Team').fill('data');
    await page.getByRole('button', { name: 'Edit as YAML' }).click();
    const text = page.getByLabel('Document');
    await expect(text).toHaveValue(/team: data/);
    await text.fill('spec: [');
    await page.getByRole('button', { name: 'Apply to form' }).click();
    await expect(text).toHaveValue('spec: [');
    await expect(text).toHaveAttribute('aria-invalid', 'true');
    await text.fill(`metadata:\n  name: ${name}\nspec:\n  team: data\n  source:\n    kind: nfs\n    server: files.example.com\n`);
    await page.getByRole('button', { name: 'Apply to form' }).click();
    await expect(portal.field('Name')).toHaveValue(name);
    await expect(page.getByRole('radio', { name: /^File share/ })).toBeChecked();
    await expect(portal.field('Server')).toHaveValue('files.example.com');
    await expect(page.getByRole('region', { name: 'As code' })).toContainText('server: files.example.com');
  });

  test('an output is picked among the resources there are, and the plan is made', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto('/catalog/pipeline/new');
    await portal.field('Name').fill(name);
    await portal.field('Team').fill('data');
    await portal.field('Cache').selectOption('sessions in default');
    await page.getByRole('radio', { name: /^Bucket/ }).check();
    await portal.field('Bucket name').fill('raw');
    await portal.toThePlan();
    await portal.expectPlan();
    await expect(page.getByText('output: host').first()).toBeVisible();
  });

  test('a secret stays where it is when something else is wrong, a long list is found by typing, a time says its zone', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto('/catalog/pipeline/new');
    await portal.field('Name').fill(`${name}-sealed`);
    await portal.field('Token').fill('correct-horse');
    const centre = page.getByRole('combobox', { name: /^Data centre/ });
    if (javaScriptEnabled) {
      await expect(page.locator('[data-combobox]')).toHaveCount(0);
      await centre.fill('fra');
      await expect(page.getByRole('option', { name: 'Frankfurt' })).toBeVisible();
      await centre.press('Enter');
      await expect(centre).toHaveValue('Frankfurt');
      await expect(page.getByText(/Saved \d\d:\d\d/)).toBeVisible();
    } else {
      await centre.selectOption('Frankfurt');
    }
    await portal.field('Begins').fill('2026-12-01T08:30');
    await page.getByLabel('Begins: time zone').selectOption('UTC+01:00');
    await portal.toThePlan();
    await expect(portal.errorSummary).toContainText('Enter team');
    expect(await page.content()).not.toContain('correct-horse');
    await expect(page.getByRole('radio', { name: 'Keep what is stored' })).toBeChecked();
    await expect(portal.field('Token')).toBeHidden();
    await portal.field('Team').fill('data');
    await page.getByRole('radio', { name: /^File share/ }).check();
    await portal.field('Server').fill('files.example.com');
    await portal.toThePlan();
    await portal.expectPlan();
    await expect(page.getByText('2026-12-01T08:30:00+01:00').first()).toBeVisible();
    await expect(page.getByText('Frankfurt').first()).toBeVisible();
    expect(await page.content()).not.toContain('correct-horse');
  });

  test('a form on several pages keeps each of them, and goes back without losing anything', async ({ page, javaScriptEnabled }) => {
    const portal = new Portal(page, javaScriptEnabled);
    await portal.actAs('dana');
    await page.goto('/catalog/onboarding/new');
    await expect(portal.field('Tool')).toHaveCount(0);
    await portal.field('Name').fill(`${name}-team`);
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(portal.errorSummary).toContainText('Enter team');
    await portal.field('Team').fill('data');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page).toHaveURL(/step=2/);
    await expect(page.getByRole('listitem').filter({ hasText: 'What' })).toHaveAttribute('aria-current', 'step');
    await page.getByRole('link', { name: 'Back', exact: true }).click();
    await expect(portal.field('Team')).toHaveValue('data');
    await page.getByRole('button', { name: 'Continue' }).click();
    await portal.field('Tool').fill('editor');
    await portal.toThePlan();
    await portal.expectPlan();
    await expect(page.getByText('editor').first()).toBeVisible();
  });
}
