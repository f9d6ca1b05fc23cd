// The pages that are looked at: by axe in the tests, by people in the screenshots.
export const PAGES = [
  ['home', '/'],
  ['catalog', '/catalog'],
  ['catalog-search', '/catalog?q=redis'],
  ['catalog-nothing', '/catalog?q=no-such-thing'],
  ['promise', '/catalog/postgresql'],
  ['form', '/catalog/postgresql/new'],
  ['resources', '/resources'],
  ['resources-narrowed', '/resources?whose=all&state=ready&namespace=default&label=midspan.dev/requested-by'],
  ['resources-grouped', '/resources?whose=all&group=promise'],
  ['resource', '/r/default/redis/sessions'],
  ['drift', '/r/default/redis/sessions/drift'],
  ['files', '/r/default/redis/sessions/files'],
  ['history', '/r/default/redis/sessions/history'],
  ['history-split', '/r/default/tent/leaning/history?view=split'],
  ['graph', '/r/default/redis/sessions/graph'],
  ['graph-focus', '/r/default/redis/sessions/graph?focus=resource/default/redis/sessions&only=places'],
  ['edit', '/r/default/redis/sessions/edit'],
  ['delete', '/r/default/redis/sessions/delete'],
  ['runs', '/runs'],
  ['deleted', '/resources?whose=deleted'],
  ['degraded', '/r/default/tent/leaning'],
  ['action', '/r/default/tent/leaning/actions/tighten'],
  ['search', '/search'],
  ['search-found', '/search?q=redis'],
  ['search-nothing', '/search?q=no-such-thing'],
  ['keys', '/keys'],
  ['gallery', '/_ui'],
  ['sign-in', '/sign-in'],
  ['me', '/me'],
  ['device', '/device'],
  ['missing', '/r/default/redis/no-such-thing'],
];

/** States that an address alone does not show: how to get there. */
export const STATES = [
  [
    'palette',
    async (page) => {
      await page.goto('/r/default/redis/sessions');
      await page.locator('html[data-scripted]').waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('group', { name: 'This page' }).waitFor();
    },
  ],
  [
    'palette-nothing',
    async (page) => {
      await page.goto('/');
      await page.locator('html[data-scripted]').waitFor();
      await page.keyboard.press('Control+k');
      await page.keyboard.type('>no-such-thing');
      await page.getByText(/^Nothing fits “/).waitFor();
    },
  ],
  [
    'key-sheet',
    async (page) => {
      await page.goto('/catalog');
      await page.locator('html[data-scripted]').waitFor();
      await page.keyboard.press('?');
      await page.getByText('Next failed step').waitFor();
    },
  ],
  [
    'form-refused',
    async (page) => {
      await page.goto('/catalog/postgresql/new');
      await page.getByRole('button', { name: 'See the plan' }).click();
    },
  ],
  [
    'plan',
    async (page) => {
      await page.goto('/catalog/postgresql/new');
      await page.getByLabel(/^Name( required)?$/).fill('looked-at');
      await page.getByLabel(/^Team( required)?$/).fill('checkout');
      await page.getByRole('button', { name: 'See the plan' }).click();
    },
  ],
  [
    'platform',
    async (page) => {
      await page.goto('/');
      await page.getByRole('button', { name: /^paul\b/ }).click();
      await page.goto('/platform');
    },
  ],
  [
    'promise-admin',
    async (page) => {
      await page.goto('/');
      await page.getByRole('button', { name: /^paul\b/ }).click();
      await page.goto('/platform/promises/redis');
      await page.getByRole('button', { name: 'Try these inputs' }).last().click();
    },
  ],
];
