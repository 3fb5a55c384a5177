import { createHash } from 'node:crypto';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M3 14V9M8 14V2M13 14V6" fill="none" stroke="#43a878" stroke-width="3" stroke-linecap="round"/></svg>`;

export interface Asset {
  /** Below the root, with a digest of the content, so that it may be kept for ever. */
  readonly path: string;
  readonly type: string;
  readonly content: string;
}

export const STYLE_ASSET = asset('pages', 'css', 'text/css; charset=utf-8', STYLE);
export const SCRIPT_ASSET = asset('pages', 'js', 'text/javascript; charset=utf-8', SCRIPT);
export const ICON_ASSET = asset('icon', 'svg', 'image/svg+xml', ICON);
export const ASSETS: readonly Asset[] = [STYLE_ASSET, SCRIPT_ASSET, ICON_ASSET];

function asset(name: string, extension: string, type: string, content: string): Asset {
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { path: `/assets/${name}-${digest}.${extension}`, type, content };
}
