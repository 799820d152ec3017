import { useSignal } from '@preact/signals';
import { fromHex } from '../../../../../src/base/bytes.ts';
import { Button } from '../../../ui/Button.tsx';
import { Copy } from '../../../ui/Copy.tsx';
import { download } from '../../../ui/download.ts';
import { base64OfHex } from '../model/psbtText.ts';

/** A PSBT to take away: as a file, or as text in the form that the other program reads. */
export function PsbtText({ hex, name }: { readonly hex: string; readonly name: string }) {
  const isHex = useSignal(false);
  const text = isHex.value ? hex : base64OfHex(hex);
  return (
    <>
      <textarea
        class="input mono bytes"
        readOnly
        rows={6}
        aria-label="The PSBT"
        data-figure="psbt"
        value={text}
      />
      <div class="buttons">
        <Copy text={text} what="the PSBT" />
        <Button
          kind="quiet"
          pressed={isHex.value}
          onClick={() => {
            isHex.value = !isHex.value;
          }}
        >
          Hexadecimal
        </Button>
        <Button onClick={() => download(`${name}.psbt`, Uint8Array.from(fromHex(hex)))}>
          Download the file
        </Button>
      </div>
    </>
  );
}
