import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hashSync } from 'bcryptjs';
import { loadWebConfig } from '../../src/config/web-config.ts';
import { createTlsFiles } from '../support/tls.ts';
import { serve, type TestServer } from '../web/fixtures.ts';
import { type Answer, runCommand } from './run-command.ts';

describe('the command "health"', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'health-'));
    await createTlsFiles(folder);
  });
  after(() => rm(folder, { recursive: true }));

  async function serveWith(webConfig: string): Promise<TestServer> {
    const path = join(folder, 'web.yml');
    await writeFile(path, webConfig, { mode: 0o600 });
    return serve({ webConfig: { path, load: loadWebConfig } });
  }

  it('ends with 0 where the exporter answers', async () => {
    await using server = await serve();
    assert.deepEqual(await ask(server), { status: 0, stdout: 'alive: answers with 200\n', stderr: '' });
  });

  it('takes a refused login for an answer', async () => {
    const hash = hashSync('secret', 4).replace('$2b', '$2y');
    await using server = await serveWith(`basic_auth_users: {ann: "${hash}"}`);
    assert.deepEqual(await ask(server), { status: 0, stdout: 'alive: answers with 401\n', stderr: '' });
  });

  it('takes for an answer that TLS is wanted', async () => {
    await using server = await serveWith('tls_server_config: {cert_file: server.pem, key_file: server-key.pem}');
    assert.deepEqual(await ask(server), { status: 0, stdout: 'alive: answers with 400\n', stderr: '' });
  });

  it('asks over a unix socket that was handed to the exporter', async () => {
    const path = join(folder, 'socket');
    const opened = createServer().listen(`${path}.new`);
    await once(opened, 'listening');
    // Closing it removes the name that it was opened under.
    await rename(`${path}.new`, path);
    const { fd } = (opened as Server & { _handle: { fd: number } })._handle;
    const exporter = spawn(process.execPath, [fileURLToPath(new URL('../web/serve-inherited.js', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit', fd],
    });
    opened.close();
    try {
      await once(exporter.stdout as Readable, 'data');
      assert.deepEqual(await runCommand(['health', path]), {
        status: 0,
        stdout: 'alive: answers with 200\n',
        stderr: '',
      });
    } finally {
      exporter.kill();
      await once(exporter, 'close');
    }
    const { status, stderr } = await runCommand(['health', path]);
    assert.equal(status, 1);
    assert.match(stderr, /socket: connect ECONNREFUSED/);
  });

  it('ends with 1 where nobody listens', async () => {
    const server = await serve();
    await server[Symbol.asyncDispose]();
    const { status, stdout, stderr } = await ask(server);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^query-exporter: no answer from 127\.0\.0\.1:\d+: connect ECONNREFUSED .*\n$/);
  });

  it('ends with 1 where a connection is accepted and no answer comes', async () => {
    await using silent = await listen(() => {});
    const { status, stderr } = await runCommand(['health', '--bind', silent.address]);
    assert.equal(status, 1);
    assert.match(stderr, /^query-exporter: no answer from 127\.0\.0\.1:\d+: nothing came within 5 s\n$/);
  });

  it('ends with 1 where what listens speaks no HTTP', async () => {
    await using other = await listen((socket) => socket.end('5.5.5-MariaDB\n'));
    assert.equal((await runCommand(['health', '--bind', other.address])).status, 1);
  });

  it('asks the loopback interface where the exporter listens on every address', async () => {
    await using server = await serve({}, { kind: 'tcp', host: '0.0.0.0', port: 0 });
    for (const host of ['0.0.0.0', '']) {
      assert.equal((await runCommand(['health', '--bind', `${host}:${server.port}`])).status, 0);
    }
  });

  it('needs to know the port', async () => {
    const { status, stderr } = await runCommand(['health', '--bind', ':0']);
    assert.equal(status, 2);
    assert.match(stderr, /^query-exporter: --bind: port 0 /);
  });
});

function ask({ port }: TestServer): Promise<Answer> {
  return runCommand(['health', '--bind', `127.0.0.1:${port}`]);
}

/** Something that is no exporter, on a free port of this machine. */
async function listen(greet: (socket: Socket) => void): Promise<AsyncDisposable & { readonly address: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    greet(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
