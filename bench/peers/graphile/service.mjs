// The reference job in graphile-worker: three chained jobs, in this process, on PostgreSQL. It has queues and no workflows,
// so each job adds the next one.
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { measure, obey } from './asked.mjs';

const connectionString = process.env.DATABASE;
const utils = await makeWorkerUtils({ connectionString, maxPoolSize: 20 });
await utils.migrate();

const ends = new Map();
await run({
  preset: { worker: { connectionString, concurrentJobs: 24, maxPoolSize: 25, pollInterval: 2000 } },
  logger: new Logger(() => () => {}),
  noHandleSignals: true,
  taskList: {
    first: async (payload, { addJob }) => void (await addJob('second', payload)),
    second: async (payload, { addJob }) => void (await addJob('third', payload)),
    third: async ({ name }) => {
      ends.get(name)?.();
      ends.delete(name);
    },
  },
});

const named = (prefix) => async (number) => {
  const name = `${prefix}${number}`;
  const end = new Promise((resolve) => ends.set(name, resolve));
  await utils.addJob('first', { name });
  await end;
};

await obey({
  burst: (count, prefix) => measure(Number(count), Number(count), named(prefix)),
  single: (count, prefix) => measure(Number(count), 1, named(prefix)),
});
