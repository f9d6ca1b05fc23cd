// Starts the built server on a free port with an empty data directory, and ends it, by its pid, after the last test.
import { startServer } from './midspan.mjs';

export default async function () {
  const server = await startServer();
  process.env.MIDSPAN_URL = server.url;
  process.env.MIDSPAN_DATA = server.data;
  process.env.MIDSPAN_BIN = server.binary;
  return () => server.stop();
}
