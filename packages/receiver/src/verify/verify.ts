// verify: from decoded spans to records that may be committed, and refusals. Each span is judged
// alone: a refused one never harms its neighbours. See verify.test.ts.
import { isLate } from '@grantlog/ledger'
import { ATTR } from '@grantlog/record'
import { type AuditGroup, readAuditSpan, type Work } from '@grantlog/record/otlp'
import type { RefusalCode } from '../codes.ts'
import {
  type Refusal,
  type RefusedPlace,
  type SignatureBudget,
  sumRefusals,
  type VerifiedBatch,
  type VerifiedRecord,
} from '../flow.ts'
import { claimedKid, judgeBatch, type SigningKey, verifyBatch } from './batch.ts'
import { VerdictCache, type VerifiedStatement } from './cache.ts'
import { createJudge } from './judge.ts'
import { Slab } from './scan/slab.ts'

export interface Verified {
  readonly batches: readonly VerifiedBatch[]
  /** One for each reason and sender. */
  readonly refusals: readonly Refusal[]
  /** Where refused spans say they are, in batches whose signature holds. */
  readonly refused: () => Work<readonly RefusedPlace[]>
  /** Spans that came twice in the request. */
  readonly repeats: number
  /** Spans left unjudged, because their batches need too many signatures at once. */
  readonly deferred: number
  /** Once nobody looks at the records any more: their memory is for the next request. */
  readonly release: () => void
}

export interface VerifierOptions {
  readonly lookup: (kid: string) => SigningKey | undefined
  readonly signaturesPerRequest: number
  /** Verdicts remembered. */
  readonly verdicts: number
  /** Unix milliseconds. */
  readonly now: () => number
}

/** A batch while its spans are collected from the scopes that a Collector spread it over. */
interface Collecting extends Omit<VerifiedBatch, 'records'> {
  readonly key: SigningKey
  readonly records: OnePerNumber
}

/** Records, each number once: the first that came. They come in order, nearly always. */
class OnePerNumber {
  readonly #records: VerifiedRecord[] = []
  /** Undefined as long as the numbers rise. */
  #numbers: Set<number> | undefined

  /** False for a number that is there already. */
  add(record: VerifiedRecord): boolean {
    const last = this.#records.at(-1)
    if (last && record.seq <= last.seq) {
      this.#numbers ??= new Set(this.#records.map(({ seq }) => seq))
    }
    if (this.#numbers?.has(record.seq)) return false
    this.#numbers?.add(record.seq)
    this.#records.push(record)
    return true
  }

  inOrder(): readonly VerifiedRecord[] {
    return this.#numbers ? this.#records.sort((a, b) => a.seq - b.seq) : this.#records
  }
}

/**
 * Returns the verifier of one ledger, whose work may be left for a moment; it remembers verdicts
 * between requests.
 */
export function createVerifier(
  options: VerifierOptions,
): (groups: readonly AuditGroup[], budget?: SignatureBudget) => Work<Verified> {
  const verified = new VerdictCache<VerifiedStatement>(options.verdicts)
  const refused = new VerdictCache<RefusalCode>(options.verdicts)
  return function* (groups, budget = { signatures: options.signaturesPerRequest }) {
    const now = options.now()
    const context = { lookup: options.lookup, verified, refused, budget }
    const batches = new Map<string, Collecting>()
    const refusals: Refusal[] = []
    const places: (() => Places)[] = []
    const slab = new Slab()
    let deferred = 0
    let repeats = 0
    for (const group of groups) {
      yield
      const verdict = judgeBatch(group.scope.jws, group.scope.digests, context)
      if (verdict.outcome === 'deferred') deferred += group.count
      else if (verdict.outcome === 'refused') {
        const { code, key } = verdict
        refusals.push(refusal(code, key, group.count))
        if (code === 'REVOKED') places.push(() => placesOf(group, code, provenRoot(group, key)))
      } else {
        const { key, batch } = verdict
        const jws = group.scope.jws as string
        const digests = group.scope.digests as Uint8Array
        const fresh = { key, kid: key.kid, jws, digests, statement: batch.statement }
        const collecting = batches.get(jws) ?? { ...fresh, records: new OnePerNumber() }
        batches.set(jws, collecting)
        repeats += yield* collectSpans(group, collecting, { refusals, places, slab, now })
      }
    }
    return {
      batches: [...batches.values()].flatMap(finish),
      refusals: sumRefusals(refusals),
      refused: () => allOf(places),
      repeats,
      deferred,
      release: () => slab.release(),
    }
  }
}

/** The kid that a scope claims; nothing is verified. */
export function kidOf({ scope: { jws } }: Pick<AuditGroup, 'scope'>): string | undefined {
  return jws === null ? undefined : claimedKid(jws)
}

/** The kids that the scopes claim; nothing is verified. */
export function claimedKids(groups: readonly AuditGroup[]): Set<string> {
  const kids = new Set<string>()
  const read = new Set<string | null>([null])
  for (const { scope } of groups) {
    if (read.has(scope.jws)) continue
    read.add(scope.jws)
    const kid = kidOf({ scope })
    if (kid !== undefined) kids.add(kid)
  }
  return kids
}

interface Collection {
  readonly refusals: Refusal[]
  /** Read only when somebody asks for them. */
  readonly places: (() => Places)[]
  readonly slab: Slab
  readonly now: number
}

/** Bytes of spans judged between two pauses: twenty of usual ones, some 100 µs. */
const PAUSE_BYTES = 32_768

/** Returns how many of the spans were there already. */
function* collectSpans(
  group: AuditGroup,
  batch: Collecting,
  { now, places, refusals, slab }: Collection,
): Work<number> {
  const { root } = batch.statement
  if (isLate(batch.key.enrolment, now)) {
    refusals.push(proven('OUT_OF_SCOPE', batch, group.count))
    places.push(() => placesOf(group, 'OUT_OF_SCOPE', root))
    return 0
  }
  const { messages } = group
  const judge = createJudge(batch, group, slab)
  let repeats = 0
  let judgedBytes = 0
  for (let at = 0; at < messages.length; at++) {
    judgedBytes += messages.endOf(at) - messages.beginOf(at)
    if (judgedBytes > PAUSE_BYTES) {
      yield
      judgedBytes = 0
    }
    const judged = judge(at)
    if (typeof judged === 'string') {
      refusals.push(proven(judged, batch, 1))
      places.push(() => placesOf({ messages: [messages.viewOf(at)] }, judged, root))
    } else if (!batch.records.add(judged)) repeats++
  }
  return repeats
}

function finish({ key: _, records, ...batch }: Collecting): VerifiedBatch[] {
  const inOrder = records.inOrder()
  return inOrder.length === 0 ? [] : [{ ...batch, records: inOrder }]
}

function refusal(code: RefusalCode, key: SigningKey | undefined, spans: number): Refusal {
  return { code, sender: key?.kid ?? 'unknown', spans }
}

/** For each refused span its place, or null: each is read anew, which takes long of many. */
type Places = Generator<RefusedPlace | null, void, void>

function* allOf(places: readonly (() => Places)[]): Work<readonly RefusedPlace[]> {
  const all: RefusedPlace[] = []
  for (const each of places) {
    for (const place of each()) {
      yield
      if (place !== null) all.push(place)
    }
  }
  return all
}

/** Of spans whose number can be read; what cannot even be read has no place. */
function* placesOf(
  { messages }: { readonly messages: Iterable<Uint8Array> },
  code: RefusalCode,
  root: string | null,
): Places {
  if (root === null) return
  for (const message of messages) {
    const read = readAuditSpan(message)
    const seq = 'error' in read ? NaN : Number(read.span.attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER))
    yield Number.isSafeInteger(seq) && seq >= 0 ? { code, root, seq } : null
  }
}

/**
 * The root of a batch that was refused before its signature was looked at; null when that is wrong:
 * nobody is to have a refusal signed for the batch of another.
 */
function provenRoot(
  { scope: { digests, jws } }: AuditGroup,
  key: SigningKey | undefined,
): string | null {
  if (jws === null || digests === null || key === undefined) return null
  const verdict = verifyBatch(jws, digests, key)
  return typeof verdict === 'string' ? null : verdict.root
}

/** A refusal of spans whose stream the signature names. */
function proven(code: RefusalCode, { key, statement }: Collecting, spans: number): Refusal {
  return { code, sender: key.kid, instance: statement.instance, spans }
}
