// A bundle taken apart, each part read once and as strictly as the ledger reads it.
import { fromBase64url, openRecord, readBatch, type RecordView, utf8 } from '@grantlog/record'
import type { Bundle } from '../../api/records.ts'
import type { Crypto } from './crypto.ts'
import {
  type Enrolment,
  type KeyLeaf,
  readEnrolment,
  readKeyLeaf,
  readRecordLeaf,
  type RecordLeaf,
} from './entries.ts'
import { attempt, failed, type Read } from './form.ts'
import { readSigned, type Signed } from './jws.ts'
import { type PathRead, readPath } from './path.ts'

/** All parts of a bundle, read once; a part that cannot be read says why. */
export interface Parts {
  readonly bundle: Bundle
  readonly crypto: Crypto
  readonly view: Read<RecordView>
  readonly leaf: Read<RecordLeaf>
  readonly keyLeaf: Read<KeyLeaf>
  readonly enrolment: Read<Enrolment>
  readonly digests: Read<Uint8Array>
  readonly signed: Read<Signed>
  readonly statement: Read<ReturnType<typeof readBatch>['statement']>
  readonly path: Read<PathRead>
  readonly keyPath: Read<PathRead>
}

export function partsOf(bundle: Bundle, crypto: Crypto): Parts {
  const { sha256 } = crypto
  const bytes = fromBase64url(bundle.digests)
  const digests: Read<Uint8Array> = bytes
    ? { ok: true, value: bytes }
    : failed('the digests are not base64url')
  return {
    bundle,
    crypto,
    view: attempt(() => openRecord(utf8(bundle.canonical))),
    leaf: readRecordLeaf(bundle.leaf),
    keyLeaf: readKeyLeaf(bundle.keyLeaf),
    enrolment: readEnrolment(bundle.enrolment, sha256),
    digests,
    signed: readSigned(bundle.jws),
    statement: digests.ok
      ? attempt(() => readBatch(bundle.jws, digests.value, sha256).statement)
      : digests,
    path: readPath(bundle.proof, bundle.leaf, crypto),
    keyPath: readPath(bundle.keyProof, bundle.keyLeaf, crypto),
  }
}
