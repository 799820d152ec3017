import type { Secp256k1 } from '../crypto/secp256k1.ts';
import { type MeterReading, type Registers, signReading } from '../market/meter.ts';
import type { Signed } from '../market/statement.ts';
import type { Store } from '../store/port.ts';
import type { Keychain } from '../wallet/hd.ts';
import type { Clock } from './clock.ts';
import { MeterNumbers } from './meterNumbers.ts';

/** The meter of the party that runs the node. */
export class OwnMeter {
  /** Its public key, 33 bytes. */
  readonly id: Uint8Array;
  readonly #keys: Keychain;
  readonly #secp: Secp256k1;
  readonly #clock: Clock;
  readonly #numbers: MeterNumbers;

  constructor(keys: Keychain, secp: Secp256k1, store: Store, clock: Clock) {
    this.id = keys.channelPublicKey('meter', 0);
    this.#keys = keys;
    this.#secp = secp;
    this.#clock = clock;
    this.#numbers = new MeterNumbers(store, () => clock.now());
  }

  /** Signs the registers, cumulative Wh, as of now. Rejects with a `StoreError`: no number is given out then. */
  async read(registers: Registers): Promise<Signed<MeterReading>> {
    const sequence = await this.#numbers.next();
    const reading = { meter: this.id, sequence, time: this.#clock.now(), ...registers };
    return signReading(this.#secp, reading, this.#keys.channelSecret('meter', 0));
  }
}
