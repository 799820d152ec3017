import { type Agent, request } from 'node:http';
import { ChainError } from '../port.ts';

export interface Post {
  readonly agent: Agent;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly authorization: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** The server was not there or went away: `sent` is false when it cannot have acted on the request. */
export class ConnectionLost extends ChainError {
  readonly sent: boolean;

  constructor(message: string, sent: boolean, options?: ErrorOptions) {
    super('unreachable', message, options);
    this.sent = sent;
  }
}

/** One POST of JSON; the whole answer within `timeoutMs` and `maxAnswerBytes`. Throws {@link ChainError} only. */
export function post(options: Post): Promise<HttpAnswer> {
  const where = `bitcoind at ${options.host}:${options.port}`;
  return new Promise((resolve, reject) => {
    const call = request({
      agent: options.agent,
      host: options.host,
      port: options.port,
      path: options.path,
      method: 'POST',
      headers: {
        authorization: options.authorization,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(options.body),
      },
      signal: AbortSignal.timeout(options.timeoutMs),
    });
    const fail = (error: NodeJS.ErrnoException) => {
      call.destroy();
      reject(asChainError(error, where, options.timeoutMs, call.reusedSocket));
    };
    call.on('error', fail);
    call.on('response', (response) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      response.on('error', fail);
      response.on('data', (chunk: Uint8Array) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= options.maxAnswerBytes) return;
        reject(new ChainError('badAnswer', `${where} answers more than ${options.maxAnswerBytes} bytes`));
        call.destroy();
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    call.end(options.body);
  });
}

const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function asChainError(
  error: NodeJS.ErrnoException,
  where: string,
  timeoutMs: number,
  reusedSocket: boolean,
): ChainError {
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return new ConnectionLost(`${where} did not answer within ${timeoutMs} ms`, true);
  const code = error.code ?? error.message;
  if (code.startsWith('HPE_')) return new ChainError('badAnswer', `${where} does not speak HTTP (${code})`);
  // A kept socket that is closed at once was closed for its age, before the request arrived.
  const idleClose = reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
  const sent = !NEVER_CONNECTED.has(code) && !idleClose;
  return new ConnectionLost(`no connection to ${where} (${code})`, sent, { cause: error });
}
