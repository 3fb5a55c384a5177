import { ICON_ASSET, SCRIPT_ASSET, STYLE_ASSET } from './assets.ts';
import { type Html, html, NOTHING } from './html.ts';
import { moment } from './times.ts';

export interface PageContext {
  /** From the page to the root. All addresses are relative, so that pages also work below a path of a proxy. */
  readonly root: '.' | '..';
  /** An absolute path. */
  readonly telemetryPath: string;
  /** Whether the reader may see what servers said, SQL and the configuration. */
  readonly trusted: boolean;
}

export interface PageContent {
  readonly title: string;
  /** Of the exporter; not on every page. */
  readonly version?: string;
  readonly nowMs: number;
  /** Where the same stands as JSON, from the root. */
  readonly jsonPath: string;
  readonly skip?: Html;
  readonly main: Html;
}

/** A whole page as markup. It works without the script, which keeps it up to date in place. */
export function renderPage(content: PageContent, { root, telemetryPath, trusted }: PageContext): string {
  const { title, version = '', nowMs, jsonPath, skip = NOTHING, main } = content;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · query-exporter</title>
<link rel="icon" href="${root}${ICON_ASSET.path}">
<link rel="stylesheet" href="${root}${STYLE_ASSET.path}">
<script type="module" src="${root}${SCRIPT_ASSET.path}"></script>
</head>
<body>
${skip}
<header>
<p class="name"><a href="${root}/">query-exporter</a> <small>${version}</small></p>
<p id="live" role="status" hidden></p>
<nav aria-label="Other views"><a href="${root}${telemetryPath}">Metrics</a><a href="${root}${jsonPath}">JSON</a>${trusted ? html`<a href="${root}/config">Configuration</a>` : NOTHING}</nav>
</header>
<main>
${main}
</main>
<footer>As of ${moment(nowMs)}</footer>
</body>
</html>
`;
  return page.toString();
}
