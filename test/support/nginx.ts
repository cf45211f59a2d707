import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startServerProcess } from './server-process.js';

export interface Nginx {
  readonly url: string;
  stop(): Promise<void>;
}

/** A proxy that keeps its connections to the service, so that requests of strangers follow each other on one. */
export async function startNginx(upstream: string): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'custody-nginx-'));
  const port = await freePort();
  const configuration = join(folder, 'nginx.conf');
  await writeFile(configuration, configured(folder, port, new URL(upstream).host));
  const url = `http://127.0.0.1:${port}`;
  const server = await startServerProcess({
    command: 'nginx',
    args: ['-p', folder, '-c', configuration, '-e', join(folder, 'error.log')],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
    isReady: async () => (await fetch(`${url}/healthz`)).ok,
  });
  return {
    url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const configured = (folder: string, port: number, upstream: string): string => `
daemon off;
pid ${folder}/nginx.pid;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 256; }
http {
  access_log off;
  client_max_body_size 0;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream custody { server ${upstream}; keepalive 8; }
  server {
    listen 127.0.0.1:${port};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_read_timeout 10s;
    location / { proxy_pass http://custody; }
    location /unbuffered/ { proxy_pass http://custody/; proxy_request_buffering off; }
  }
}
`;
