import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { renderProtocol } from './render.ts';

const TEXT = fileURLToPath(new URL('../../docs/protocol.md', import.meta.url));
const PLACE = '<!-- docs/protocol.md -->';

/** Puts docs/protocol.md, rendered, into `protocol.html`. */
export function protocolPage(): Plugin {
  return {
    name: 'wattlane-protocol',
    transformIndexHtml: {
      order: 'pre',
      handler: async (html) => {
        if (!html.includes(PLACE)) return html;
        const content = renderProtocol(await readFile(TEXT, 'utf8'));
        return html.replace(PLACE, () => content);
      },
    },
  };
}
