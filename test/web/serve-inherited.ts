import { serve } from './fixtures.ts';

// Run as a process of its own, to whom descriptor 3 was handed as systemd does it.
const server = await serve({}, { kind: 'fd', fd: 3 });
process.stdout.write(`${server.url}\n`);
