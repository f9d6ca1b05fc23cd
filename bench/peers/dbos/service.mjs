// The reference job in DBOS: a workflow of three durable steps, in this process, on PostgreSQL.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { effect, measure, obey, say } from './asked.mjs';

async function three(name) {
  const first = await DBOS.runStep(() => effect(name, 'first'), { name: 'first' });
  const second = await DBOS.runStep(() => effect(name, 'second'), { name: 'second' });
  const third = await DBOS.runStep(() => effect(name, 'third'), { name: 'third' });
  return { first, second, third };
}

const workflow = DBOS.registerWorkflow(three, { name: 'three' });
DBOS.setConfig({
  name: 'bench',
  systemDatabaseUrl: process.env.DATABASE,
  systemDatabasePoolSize: 20,
  logLevel: 'error',
  enableOTLP: false,
  runAdminServer: false,
  // the same application after a restart, so that it takes up what it left
  applicationVersion: 'v1',
  executorID: 'bench',
});
await DBOS.launch();

const run = async (name) => (await DBOS.startWorkflow(workflow, { workflowID: name })(name)).getResult();
const named = (prefix) => (number) => run(`${prefix}${number}`);

await obey({
  burst: (count, prefix) => measure(Number(count), Number(count), named(prefix)),
  single: (count, prefix) => measure(Number(count), 1, named(prefix)),
  // what is started is acknowledged, each on a line of its own; nobody waits for its end
  submit: async (count, prefix) => {
    let next = 0;
    const submitter = async () => {
      while (next < Number(count)) {
        const name = `${prefix}${String(next++).padStart(6, '0')}`;
        await DBOS.startWorkflow(workflow, { workflowID: name })(name);
        say({ acknowledged: name });
      }
    };
    await Promise.all(Array.from({ length: 64 }, submitter));
    return { submitted: Number(count) };
  },
});
