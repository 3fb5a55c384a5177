import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolder, removeFolder } from '../../test/support/daemon.ts';
import { run } from '../../test/support/processes.ts';
import type { Tool } from '../../test/support/tools.ts';

/** What scrapes in a row brought. */
export interface Load {
  readonly perSecond: number;
  readonly medianMs: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly gzip: boolean;
  readonly connections: number;
  readonly seconds: number;
}

const REPORT_LUA = `
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format('REPORT %d %d %d %d', summary.requests, summary.duration, latency:percentile(50), failed))
end
`;

/** Scrapes as fast as the server answers, each connection one request after the other. */
export async function runWrk(tool: Tool, { url, gzip, connections, seconds }: LoadOptions): Promise<Load> {
  const folder = await createFolder('bench-wrk');
  try {
    const script = join(folder, 'report.lua');
    await writeFile(script, REPORT_LUA);
    const { output } = await run(
      tool.path,
      [
        ...['--threads', '1', '--connections', String(connections), '--duration', `${seconds}s`, '--timeout', '60s'],
        ...['--header', `Accept-Encoding: ${gzip ? 'gzip' : 'identity'}`, '--script', script, url],
      ],
      { env: tool.env },
    );
    const report = /REPORT (\d+) (\d+) (\d+) (\d+)/.exec(output);
    if (report === null) throw new Error(`wrk does not report: ${output}`);
    const [requests = 0, durationUs = 0, medianUs = 0, failed = 0] = report.slice(1).map(Number);
    if (failed > 0) throw new Error(`${failed} of ${requests} scrapes of ${url} failed`);
    return { perSecond: (requests / durationUs) * 1e6, medianMs: medianUs / 1_000 };
  } finally {
    await removeFolder(folder);
  }
}
