// Cosignatures of type 0x04, `cosignature/v1` of c2sp.org/tlog-cosignature: a witness states that
// at some time this checkpoint was the largest consistent one it had seen of that log. It signs
//   cosignature/v1
//   time 1679315147
//   <the whole text of the checkpoint>
// and its line holds base64(key id ‖ time, 8 bytes big-endian ‖ Ed25519 signature).
// See cosignature.test.ts, with a cosignature of a public witness.
import { concatBytes, decodeUtf8, encodeUtf8 } from './bytes.ts'
import { decodeCheckpoint } from './checkpoint.ts'
import { TlogError } from './codes.ts'
import { ED25519_SIGNATURE_BYTES, type Ed25519Key, type Ed25519Verify } from './ed25519.ts'
import type { Sha256 } from './hash.ts'
import { KEY_TYPE_COSIGNATURE, noteKeyId, parseVkey } from './key.ts'
import type { NoteSigner, NoteVerifier } from './note.ts'

const TIME_BYTES = 8

/** The Ed25519 key of a witness; `now` gives the time as whole POSIX seconds. */
export interface CosignatureKey extends Ed25519Key {
  readonly now: () => number
}

/**
 * A signer of type 0x04. Its sign() throws TLOG_CHECKPOINT_MALFORMED for a text that is not a
 * checkpoint, TLOG_RANGE_INVALID for an impossible time. Errors: TLOG_KEY_MALFORMED. Whether the
 * checkpoint extends the last one is for the witness to check before.
 */
export function cosignatureSigner(key: CosignatureKey, sha256: Sha256): NoteSigner {
  const { name, publicKey } = key
  const keyId = noteKeyId({ name, type: KEY_TYPE_COSIGNATURE, publicKey }, sha256)
  function sign(text: Uint8Array): Uint8Array {
    decodeCheckpoint(decodeUtf8(text) ?? '')
    const time = key.now()
    if (!Number.isSafeInteger(time) || time < 0) {
      throw new TlogError('TLOG_RANGE_INVALID', 'the time of a cosignature is whole seconds')
    }
    const head = new Uint8Array(TIME_BYTES)
    new DataView(head.buffer).setBigUint64(0, BigInt(time))
    return concatBytes(head, key.sign(cosignedMessage(time, text)))
  }
  return { name, keyId, sign }
}

/**
 * A verifier for a vkey of type 0x04. It accepts any time; read it with cosignatureTime and judge
 * its age. Errors: TLOG_KEY_MALFORMED, for another type too.
 */
export function cosignatureVerifier(
  vkey: string,
  sha256: Sha256,
  verify: Ed25519Verify,
): NoteVerifier {
  const { name, keyId, type, publicKey } = parseVkey(vkey, sha256)
  if (type !== KEY_TYPE_COSIGNATURE) throw new TlogError('TLOG_KEY_MALFORMED', 'not of type 0x04')
  return {
    name,
    keyId,
    verify(text, signature) {
      const time = cosignatureTime(signature)
      if (time === undefined) return false
      return verify(publicKey, cosignedMessage(time, text), signature.subarray(TIME_BYTES))
    },
  }
}

/**
 * The POSIX seconds in a signature of type 0x04, or undefined if it cannot be one (wrong length, or
 * a time beyond 2^53 − 1, which no honest clock shows). Believe it only after it was verified.
 */
export function cosignatureTime(signature: Uint8Array): number | undefined {
  if (signature.length !== TIME_BYTES + ED25519_SIGNATURE_BYTES) return undefined
  const time = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0))
  return Number.isSafeInteger(time) ? time : undefined
}

function cosignedMessage(time: number, text: Uint8Array): Uint8Array {
  return concatBytes(encodeUtf8(`cosignature/v1\ntime ${time}\n`), text)
}
