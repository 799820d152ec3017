import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Regtest } from '../../regtest/index.ts';
import { type BitcoindOptions, bitcoindChain, type Retry } from '../../src/chain/bitcoind/index.ts';
import type { Chain } from '../../src/chain/port.ts';

/** What goes wrong between a node and its bitcoind. */
export type Trouble =
  /** Nothing is answered. */
  | 'silent'
  /** Half of the true answer, then the connection ends. */
  | 'half'
  /** A page of some other server. */
  | 'html'
  /** The right form with a wrong content. */
  | 'wrong'
  /** The work queue is full. */
  | 'busy'
  /** The password was changed. */
  | 'locked out';

const QUICK: Retry = { attempts: 2, firstMs: 1, longestMs: 2 };

/** Stands between nodes and a bitcoind, and passes everything on until told otherwise. */
export class BitcoindProxy {
  /** `undefined` passes everything on. */
  trouble: Trouble | undefined;
  /** The bitcoind that answers. */
  behind: Pick<Regtest, 'rpcUrl' | 'cookieFile'>;
  readonly #server = createServer((call, answer) => void this.#serve(call, answer));
  readonly #chains: Chain[] = [];
  #url = '';

  constructor(behind: Pick<Regtest, 'rpcUrl' | 'cookieFile'>) {
    this.behind = behind;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.#url = `http://127.0.0.1:${address.port}`;
    return this;
  }

  /** A chain through the proxy; gives up early on what does not answer. */
  async connect(more: Partial<BitcoindOptions> = {}): Promise<Chain> {
    const { cookieFile } = this.behind;
    const chain = await bitcoindChain({
      network: 'regtest',
      url: this.#url,
      login: { cookieFile },
      pollMs: 10,
      timeoutMs: 500,
      retry: QUICK,
      ...more,
    });
    this.#chains.push(chain);
    return chain;
  }

  async close(): Promise<void> {
    for (const chain of this.#chains) await chain.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(call: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await bodyOf(call);
    const { trouble } = this;
    if (trouble === 'silent') return;
    if (trouble === 'busy' || trouble === 'locked out') {
      answer.statusCode = trouble === 'busy' ? 503 : 401;
      answer.end();
      return;
    }
    if (trouble === 'html') {
      answer.end('<html>Welcome to your router</html>');
      return;
    }
    if (trouble === 'wrong') {
      const { id } = JSON.parse(body);
      answer.end(JSON.stringify({ id, error: null, result: { blocks: -1, hash: 'none' } }));
      return;
    }
    this.#forward(call, body, answer, trouble === 'half');
  }

  #forward(call: IncomingMessage, body: string, answer: ServerResponse, half: boolean): void {
    const { authorization } = call.headers;
    const headers = {
      'content-length': Buffer.byteLength(body),
      ...(authorization === undefined ? {} : { authorization }),
    };
    const onward = request(this.behind.rpcUrl, { method: 'POST', headers }, (response) => {
      void bodyOf(response).then((text) => {
        answer.statusCode = response.statusCode ?? 500;
        if (!half) return answer.end(text);
        answer.setHeader('content-length', Buffer.byteLength(text));
        answer.write(text.slice(0, text.length / 2), () => answer.destroy());
        return answer;
      });
    });
    onward.on('error', () => answer.destroy());
    onward.end(body);
  }
}

async function bodyOf(stream: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of stream) body += chunk;
  return body;
}
