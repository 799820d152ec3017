import { fastestSecp256k1 } from '../../src/crypto/native.ts';
import type { Secp256k1 } from '../../src/crypto/secp256k1.ts';

/** The curve of tests that are about something else: the backend that a node takes. */
export const secp: Secp256k1 = await fastestSecp256k1();
