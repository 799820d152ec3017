import { nativeSecp256k1 } from '../../src/crypto/native.ts';
import { tinySecp256k1 } from '../../src/crypto/tiny.ts';
import { secp256k1Conformance } from '../conformance/secp256k1.ts';

// The native addon is optional: where it does not load, the default backend is held to the suite alone.
const native = await nativeSecp256k1();

secp256k1Conformance(tinySecp256k1, native ?? tinySecp256k1);
if (native !== undefined) secp256k1Conformance(native, tinySecp256k1);
