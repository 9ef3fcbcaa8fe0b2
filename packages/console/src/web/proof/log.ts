// The steps about the log: inclusion of both leaves, the checkpoint, and the log's own key.
import { ed25519Verifier, openCheckpoint, parseVkey } from '@grantlog/tlog'
import { equalBytes } from '@grantlog/record'
import type { Bundle } from '../../api/records.ts'
import type { Parts } from './parts.ts'
import { isSoundKey, type Crypto } from './crypto.ts'
import { attempt, type Read } from './form.ts'
import { base64, faultOf, type PathRead, readBoth } from './path.ts'
import { type Input, type Step, type StepId, stepOf } from './step.ts'

/** A key of the log that was there before this bundle. */
export interface Trust {
  /** A vkey. */
  readonly key: string
  /** `given`: somebody brought it from outside; `seen`: this browser met it first. */
  readonly kind: 'given' | 'seen'
  /** Since when it is kept, ISO 8601. */
  readonly since: string
}

/** What these steps need of a bundle, a log record's too: that has no key, and so no path of it. */
interface OfLog {
  readonly bundle: Pick<Bundle, 'index' | 'logKey'>
  readonly crypto: Crypto
  readonly path: Read<PathRead>
  readonly keyPath?: Read<PathRead>
}

export function inclusionStep({ bundle, path }: OfLog): Step {
  return included('inclusion', path, bundle.index)
}

export function keyInclusionStep({ bundle, keyPath }: Parts): Step {
  return included('keyInclusion', keyPath, bundle.keyIndex)
}

function included(id: StepId, read: Read<PathRead>, index: number): Step {
  if (!read.ok) return stepOf(id, ['failed', read.why])
  const { path } = read.value
  const why = faultOf(read.value, index)
  const hashes = `${path.levels.length} hashes lead from leaf ${path.index} to the root`
  const told = why ?? `${hashes} of a tree of ${path.size} leaves`
  return { id, state: why === null ? 'passed' : 'failed', why: told, inputs: [], paths: [path] }
}

export function checkpointStep(
  { bundle, crypto, keyPath, path }: OfLog,
  trust: Trust | null,
): Step {
  const both = readBoth(path, keyPath ?? path)
  if (!both.ok) return stepOf('checkpoint', ['skipped', `a proof cannot be read: ${both.why}`])
  const notes = both.value.map(({ checkpoint }) => checkpoint)
  const [note, keyNote] = notes as [Uint8Array, Uint8Array]
  const differ = !equalBytes(note, keyNote)
  const vkey = keyOf(bundle.logKey, trust)
  const inputs: Input[] = [
    { name: 'Checkpoint', value: textOfNote(note), form: 'block' },
    ...(differ
      ? [
          {
            name: 'Checkpoint of the enrolment',
            value: textOfNote(keyNote),
            form: 'block',
          } as const,
        ]
      : []),
    { name: 'Key of the log', value: vkey, form: 'hash' },
  ]
  const opened = attempt(() => (differ ? notes : [note]).map((one) => openWith(one, vkey, crypto)))
  if (!opened.ok) return stepOf('checkpoint', ['failed', opened.why], inputs)
  const { origin, root, size } = opened.value[0]!
  inputs.splice(-1, 0, { name: 'Root', value: base64(root), form: 'hash' })
  return stepOf('checkpoint', ['passed', `${origin} signed its ${size} leaves`], inputs)
}

function openWith(note: Uint8Array, vkey: string, { sha256, verify }: Crypto) {
  const { name: origin, publicKey } = parseVkey(vkey, sha256)
  if (!isSoundKey(publicKey)) throw new TypeError('the key of the log is no sound Ed25519 key')
  return openCheckpoint(note, { origin, verifiers: [ed25519Verifier(vkey, sha256, verify)] })
}

/** The key that somebody brought is used; one that was merely seen is compared, in its own step. */
function keyOf(ofBundle: string, trust: Trust | null): string {
  return trust?.kind === 'given' ? trust.key : ofBundle
}

export function logKeyStep({ bundle, crypto }: OfLog, trust: Trust | null): Step {
  const ofBundle: Input = { name: 'Key that came along', value: bundle.logKey, form: 'hash' }
  const key = attempt(() => parseVkey(keyOf(bundle.logKey, trust), crypto.sha256))
  if (!key.ok) return stepOf('logKey', ['failed', key.why], [ofBundle])
  if (trust === null) {
    const why = 'this browser meets the log for the first time: self-consistent only'
    return stepOf('logKey', ['open', why], [ofBundle])
  }
  const name = trust.kind === 'given' ? 'Key that you gave' : 'Key seen first'
  const inputs = [ofBundle, { name, value: trust.key, form: 'hash' } as const]
  const isSame = trust.key === bundle.logKey
  if (trust.kind === 'given') {
    const other = isSame ? '' : '; the one that came along is another, and was not used'
    return stepOf('logKey', ['passed', `the key that you gave was used${other}`], inputs)
  }
  return isSame
    ? stepOf('logKey', ['passed', `this browser knows it since ${trust.since}`], inputs)
    : stepOf('logKey', ['failed', 'it is another key than this browser saw first'], inputs)
}

function textOfNote(note: Uint8Array): string {
  return new TextDecoder().decode(note)
}
