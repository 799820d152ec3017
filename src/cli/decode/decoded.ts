import type { EvidenceReport } from '../../dispute/report.ts';

/** What something is. `value` is plain data, `type` a name for it. */
export type Decoded =
  | {
      readonly type: 'nodeUri' | 'publicKey' | 'address' | 'transaction' | 'psbt' | 'message' | 'backup';
      readonly title: string;
      readonly value: object;
    }
  | { readonly type: 'evidence'; readonly title: string; readonly report: EvidenceReport }
  /** Nothing of it is repeated. */
  | { readonly type: 'phrase'; readonly title: string; readonly value: object };
