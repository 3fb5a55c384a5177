import type { Tool } from '../../test/support/tools.ts';
import type { Program } from './service.ts';

/** What a page is as files: `metrics`, and `metrics.gz` beside it. */
export const PAGE = 'metrics';

/**
 * nginx for one page in this folder, as fast as it gets, in one process against one event loop.
 */
export function nginxProgram(tool: Tool, pageFolder: string): Program {
  return {
    name: 'nginx',
    path: tool.path,
    env: tool.env,
    files: ({ port, folder }) => ({ 'nginx.conf': configuration(port, folder, pageFolder) }),
    args: ({ folder }) => ['-e', 'stderr', '-p', folder, '-c', `${folder}/nginx.conf`],
    readyPath: `/${PAGE}`,
  };
}

function configuration(port: number, folder: string, pageFolder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder};`);
  return `
daemon off;
pid ${folder}/pid;
# One process, which ends when it is killed.
master_process off;
# As root, nginx would drop to a user that cannot read the folder.
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.join(' ')}
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  open_file_cache max=10;
  default_type 'text/plain; version=0.0.4; charset=utf-8';
  server {
    listen 127.0.0.1:${port};
    root ${pageFolder};
    gzip_static on;
  }
}
`;
}
