// What detection keeps in `queue/detect`: `state`, where it is and what it knows, and `findings`,
// the queue as of that place or a later one, which the console and the command line read beside it,
// with what waits to be sent. Both are sealed (sealed-file.ts): lost, they are made again from the
// ledger.
import { join } from 'node:path'
import type { Folders, Keystore } from '@grantlog/ledger'
import type { JsonValue } from '@grantlog/record'
import type { DetectionSnapshot } from '../flow.ts'
import { type SealedFile, sealedFile } from './sealed-file.ts'

/** The name of the files' key in the keystore; a ledger's writer makes it. */
export const DETECT_SECRET = 'detect'

export interface KeptState extends DetectionSnapshot {
  /** Of the rules in force: what a detector knew of others means nothing. */
  readonly rules: string
}

/** The queue, and the first commit that is not in it. */
export interface KeptFindings {
  readonly frame: number
  readonly view: JsonValue
  /** What is to be sent of it. */
  readonly alerts: JsonValue
}

export interface DetectionStore {
  readonly state: SealedFile
  readonly findings: SealedFile
}

/** Errors: LEDGER_NOT_FOUND, when no receiver of this version has opened the ledger yet. */
export function detectionStore(
  { queue }: Folders,
  { keystore, origin }: { readonly keystore: Pick<Keystore, 'secret'>; readonly origin: string },
): DetectionStore {
  const key = keystore.secret(DETECT_SECRET)
  const of = (name: string): SealedFile => sealedFile(join(queue, 'detect', name), { key, origin })
  return { state: of('state'), findings: of('findings') }
}
