/** The operations port: HTTP/1.1, for probes and scrapers. It says nothing about customers and needs no key; it listens on loopback by default. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Problem } from './scope.ts';

export interface OpsServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface OpsServerOptions {
  readonly host: string;
  /** 0 finds a free one. */
  readonly port: number;
  readonly metrics: Metrics;
  notAlive(): readonly Problem[];
  notReady(): readonly Problem[];
}

/** Serves /livez and /readyz (200, or 503 with the problems) and /metrics. */
export async function serveOps(options: OpsServerOptions): Promise<OpsServer> {
  const routes: Readonly<Record<string, (response: ServerResponse) => Promise<void> | void>> = {
    '/livez': (response) => answerProblems(response, options.notAlive()),
    '/readyz': (response) => answerProblems(response, options.notReady()),
    '/metrics': async (response) => answer(response, 200, options.metrics.contentType, await options.metrics.text()),
  };
  const server = createServer((request, response) => {
    const route = routes[request.url?.split('?', 1)[0] ?? ''];
    if (route === undefined) return answerJson(response, 404, { paths: Object.keys(routes) });
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answerJson(response, 405, { allow: ['GET', 'HEAD'] });
    Promise.resolve(route(response)).catch(() => answerJson(response, 500, {}));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerProblems(response: ServerResponse, problems: readonly Problem[]): void {
  answerJson(response, problems.length === 0 ? 200 : 503, { ok: problems.length === 0, problems });
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  answer(response, status, 'application/json', `${JSON.stringify(body)}\n`);
}

function answer(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
}
