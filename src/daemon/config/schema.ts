import { z } from 'zod';
import { ROLES } from '../../base/role.ts';
import { DEFAULT_POLICY } from '../../node/options.ts';
import { address, httpUrl, integer, names, oneOf, origins, path, text, yesOrNo } from './values.ts';

/** Most satoshi there can be. */
const ALL_SAT = 2_100_000_000_000_000;
const LARGEST_HEIGHT = 499_999_999;

const NO_MAINNET = 'must not be mainnet: this version is an experiment, and real coins could be lost';

/**
 * Every setting of `wattlaned`: what it may be, its default and what it is for. Flags, environment, file, help and the
 * table in docs/daemon.md are all made of this. `value` stands for the value in the help; `unless` for a default that
 * depends on other settings; `flagOnly` keeps what is meant for one start out of files and the environment.
 */
export const SETTINGS = z.strictObject({
  role: oneOf([...ROLES] as ['consumer', 'producer', 'utility']).meta({
    value: 'ROLE',
    help: 'What this node is in every channel: consumer, producer or utility. Others are refused.',
  }),
  network: oneOf(['regtest', 'signet', 'testnet4'], { mainnet: NO_MAINNET, main: NO_MAINNET })
    .default('regtest')
    .meta({ value: 'NETWORK', help: 'The Bitcoin network: regtest, signet or testnet4.' }),
  dataDir: path().optional().meta({
    value: 'DIR',
    unless: '$XDG_DATA_HOME/wattlane, else ~/.local/share/wattlane',
    help: 'Where the seed, the channels and the tokens are. One directory is one node.',
  }),
  passphraseFile: path().optional().meta({
    value: 'FILE',
    help: 'Holds the passphrase of the seed. Else WATTLANE_PASSPHRASE, else the terminal is asked.',
  }),
  bitcoindUrl: httpUrl().optional().meta({
    value: 'URL',
    unless: 'http://127.0.0.1 and the port of the network',
    help: 'The RPC address of bitcoind.',
  }),
  bitcoindCookieFile: path().optional().meta({
    value: 'FILE',
    unless: 'the network’s under ~/.bitcoin',
    help: 'The cookie that bitcoind writes at each start, to log in with.',
  }),
  bitcoindUser: text(/^[\x21-\x39\x3b-\x7e]{1,200}$/, 'a user name without spaces and colons')
    .optional()
    .meta({ value: 'NAME', help: 'Logs in at bitcoind as this user, in place of the cookie.' }),
  bitcoindPasswordFile: path().optional().meta({
    value: 'FILE',
    help: 'Holds that user’s password. It is never an option itself: others see command lines.',
  }),
  bitcoindZmq: text(
    /^(tcp:\/\/[^\s/]+:\d{1,5}|ipc:\/\/\S+)$/,
    'an address of ZMQ, for example tcp://127.0.0.1:28332',
  )
    .optional()
    .meta({ value: 'ADDRESS', help: 'Of bitcoind’s -zmqpubhashblock: new blocks are heard of at once.' }),
  listen: address()
    .default({ host: '127.0.0.1', port: 9735 })
    .meta({ value: 'HOST:PORT', help: 'Where peers connect (WebSocket). Port 0 takes a free one.' }),
  rpcListen: address().default({ host: '127.0.0.1', port: 9736 }).meta({
    value: 'HOST:PORT',
    help: 'Where RPC, /metrics and /healthz are served. Port 0 takes a free one.',
  }),
  rpcPublic: yesOrNo().default(false).meta({
    help: 'Allows an rpcListen that other machines reach. It is plain HTTP: put TLS in front of it.',
  }),
  rpcAllowedHosts: names().default('').meta({
    value: 'NAMES',
    help: 'Names besides localhost under which the RPC may be called, with commas between: those of a TLS proxy.',
  }),
  rpcAllowedOrigins: origins().default('').meta({
    value: 'ORIGINS',
    help: 'Pages on the web that may call the RPC, with commas between, for example https://example.org.',
  }),
  logLevel: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info').meta({
    value: 'LEVEL',
    help: 'How much is logged, to stderr: fatal, error, warn, info, debug or trace.',
  }),
  logFormat: oneOf(['json', 'text'])
    .default('json')
    .meta({ value: 'FORMAT', help: 'json: one object for each line. text: for people.' }),
  birthday: integer(0, LARGEST_HEIGHT).optional().meta({
    value: 'HEIGHT',
    help: 'With an empty store, the height from which the seed’s coins are looked for. Default: the tip.',
  }),
  backupFile: path().optional().meta({
    value: 'FILE',
    unless: 'channels.backup in dataDir',
    help: 'Where the sealed channel backup is written before each opening. Best on another disk.',
  }),
  acceptContributionSat: integer(0, ALL_SAT)
    .default(0)
    .meta({ value: 'SAT', help: 'Most of our own coins that a channel which others propose may ask for.' }),
  certifiedCapacityWhPerHour: integer(0, 1_000_000_000_000)
    .default(Number(DEFAULT_POLICY.certifiedCapacityWhPerHour(new Uint8Array())))
    .meta({
      value: 'WH',
      help: 'As a utility: the export capacity that is certified for each meter, Wh per hour.',
    }),
  clockTolerance: integer(0, 86_400)
    .default(DEFAULT_POLICY.clockTolerance)
    .meta({ value: 'SECONDS', help: 'By how much a peer’s clock may differ from ours.' }),
  claimTarget: integer(1, 1008)
    .default(DEFAULT_POLICY.claimTarget)
    .meta({ value: 'BLOCKS', help: 'Blocks in which a claim shall confirm.' }),
  resolvedDepth: integer(1, 100_000)
    .default(DEFAULT_POLICY.resolvedDepth)
    .meta({ value: 'BLOCKS', help: 'Blocks on top of everything before a channel is over.' }),
  anchorReserveFeeRate: integer(0, 10_000_000).default(Number(DEFAULT_POLICY.anchorReserveFeeRate)).meta({
    value: 'RATE',
    help: 'Satoshi per 1,000 vB to which our commitment can be lifted with the coins set aside; 0: none are.',
  }),
  arbitrationFeeFactor: integer(1, 1_000_000)
    .default(Number(DEFAULT_POLICY.arbitrationFeeFactor))
    .meta({ value: 'FACTOR', help: 'As a utility: how many times our estimate an arbitrated end may cost.' }),
  watchtower: yesOrNo()
    .default(DEFAULT_POLICY.watchtower)
    .meta({ help: 'As a trader: have the utility of each channel answer a breach for us.' }),
  keepsBlobs: yesOrNo()
    .default(DEFAULT_POLICY.keepsBlobs)
    .meta({ help: 'As a utility: keep the traders’ blobs, and answer breaches for them.' }),
  keptEvents: integer(1_000, 1_000_000_000)
    .default(DEFAULT_POLICY.keptEvents)
    .meta({ value: 'EVENTS', help: 'The newest events that are kept for applications that come back.' }),
  restored: yesOrNo().default(false).meta({
    flagOnly: true,
    help: 'The data directory was copied back and may be old: publish no state before a peer has confirmed it.',
  }),
  restoreBackup: path().optional().meta({
    value: 'FILE',
    flagOnly: true,
    help: 'With an empty store: restores the channels of this backup. They are closed by their other trader.',
  }),
  readyFd: integer(1, 1023).default(1).meta({
    value: 'FD',
    flagOnly: true,
    help: 'File descriptor on which the ready line is written; 1 is stdout.',
  }),
});

export type SettingName = keyof typeof SETTINGS.shape;
export const SETTING_NAMES = Object.keys(SETTINGS.shape) as readonly SettingName[];

/** What help and documentation say of a setting. */
export interface SettingText {
  readonly help: string;
  /** What stands for the value; absent where a flag needs none. */
  readonly value?: string;
  /** The default, where it depends on other settings. */
  readonly unless?: string;
  readonly flagOnly?: boolean;
}

export function settingText(name: SettingName): SettingText {
  return SETTINGS.shape[name].meta() as unknown as SettingText;
}

/** Settings as they were given, with the fixed defaults. */
type Given = z.output<typeof SETTINGS>;

/** What must be there once defaults that depend on other settings are filled in. */
type Filled = 'dataDir' | 'bitcoindUrl' | 'backupFile';

/** A complete configuration: no secrets, only the names of files that hold some. */
export type Config = Omit<Given, Filled> & { readonly [N in Filled]: string };
export type GivenSettings = Given;
