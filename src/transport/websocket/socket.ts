/** What a connection needs of a WebSocket, so that the same code runs on `ws` and in the browser. */
export interface Socket {
  /** Sends one binary frame; ignored once the socket is not open. */
  send(bytes: Uint8Array): void;
  /** Bytes that {@link send} took and the network has not, as far as the socket knows. */
  readonly buffered: number;
  /** Reads no more until {@link resume}; absent where the platform cannot. */
  readonly pause?: () => void;
  readonly resume?: () => void;
  /** Ends it in order: what was sent goes out first. */
  close(): void;
  /** Ends it at once. */
  terminate(): void;
}

/** What a socket tells; never from within a call of one of its methods. `closed` comes once, and last. */
export interface SocketListener {
  opened(): void;
  bytes(bytes: Uint8Array): void;
  /** A frame that is not binary. */
  text(): void;
  /** With a reason for people. */
  closed(reason: string): void;
}

/** Opens a socket to a URL. */
export type Dial = (url: string, listener: SocketListener) => Socket;

/** Hears of a server's callers. */
export interface Callers {
  /** Someone is at the door, and has said nothing yet. `undefined` sends it away. */
  arrived(caller: Caller): Arrival | undefined;
}

export interface Caller {
  /** Where it calls from: what connections are counted by. */
  readonly address: string;
  /** Cuts the line. */
  cut(): void;
}

export interface Arrival {
  /** It speaks WebSocket. The socket is open already. */
  upgraded(attach: (listener: SocketListener) => Socket): void;
  /** The line is down, whether or not it was upgraded. */
  gone(): void;
}

/** A bound port that WebSockets come in through. */
export interface SocketServer {
  /** `host:port`, with the port that was bound. */
  readonly address: string;
  /** Who hears of callers; without anyone they are sent away. */
  serve(callers: Callers | undefined): void;
  /** Frees the port; resolves when every line is down. */
  close(): Promise<void>;
}
