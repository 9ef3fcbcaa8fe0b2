// Producers of the model: few, with records that are made once and signed as the SDK signs them. A
// model that goes through millions of commits has no time to make new ones.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import {
  ATTR,
  type AttributeValue,
  base64url,
  fromBase64url,
  signBatch,
  type Span,
} from '@grantlog/record'
import {
  type BatchToCommit,
  ed25519Sign,
  joinOpenings,
  type RecordToCommit,
  sha256,
  type SlotOpening,
  thumbprint,
} from '@grantlog/ledger'
import { person, recordToCommit, spanOf } from '../../../../packages/ledger/test/producer.ts'

/** Records of one stream, by number; of each there is a second version, which is a conflict. */
export interface Producer {
  readonly kid: string
  readonly instance: string
  /** `count` records from `first` on. */
  batch(first: number, count: number, version: 0 | 1): BatchToCommit
}

export function openingsOf({ openings }: RecordToCommit): readonly SlotOpening[] {
  return 'outline' in openings ? joinOpenings(openings.outline, openings.values) : openings
}

const seqMax = 64

export const producers: readonly Producer[] = [0, 1, 2].map(makeProducer)

/** Whose records they are: every fourth is a stranger's, and a session is of one person. */
const whose: readonly (readonly [string, AttributeValue][])[] = [
  [],
  person('alice'),
  [...person('bob'), [ATTR.SESSION_ID, 'p1.c2Vzc2lvbi1vZi1ib2I']],
  [
    [ATTR.SESSION_ID, 'p1.c2Vzc2lvbi1vZi1ib2I'],
    [ATTR.AUDIT_SLOT_PSEUDONYM_SALT, 'AAECAwQFBgcICQoLDA0ODw'],
  ],
]

function makeProducer(number: number): Producer {
  const { privateKey, publicKey } = keyOf(number)
  const kid = thumbprint(publicKey)
  const instance = base64url(sha256(publicKey).subarray(0, 16))
  const records = new Map<string, RecordToCommit>()
  const batches = new Map<string, BatchToCommit>()

  function record(seq: number, version: number): RecordToCommit {
    const name = `${seq} ${version}`
    const made = records.get(name) ?? recordToCommit(spanFor(number, seq, version))
    records.set(name, made)
    return made
  }

  function sign(first: number, count: number, version: number): BatchToCommit {
    if (first + count > seqMax) throw new RangeError(`no record ${first + count}`)
    const list = Array.from({ length: count }, (_, i) => record(first + i, version))
    const { jws, digests } = signBatch({
      digests: list.map(({ digest }) => digest),
      kid,
      sign: (data) => ed25519Sign(privateKey, data),
      sha256,
      aud: 'default',
      firstSeq: first,
      iat: 1_795_467_000,
      instance,
      prevRoot: '',
    })
    return { kid, instance, evidence: { jws, digests }, records: list }
  }

  return {
    kid,
    instance,
    batch(first, count, version) {
      const name = `${first} ${count} ${version}`
      const made = batches.get(name) ?? sign(first, count, version)
      batches.set(name, made)
      return made
    },
  }
}

function spanFor(producer: number, seq: number, version: number): Span {
  const digits = (producer * 1000 + version * 500 + seq).toString(16).padStart(12, '0')
  const id: [string, AttributeValue] = [ATTR.AUDIT_RECORD_ID, `01999999-0000-7000-8000-${digits}`]
  const action = version === 0 ? 'oauth.token' : 'oauth.revocation'
  return spanOf({ seq, action, attributes: [id, ...whose[(seq + producer) % whose.length]!] })
}

/** The same key in each run: of a fixed seed (RFC 8410). */
function keyOf(number: number): {
  privateKey: ReturnType<typeof createPrivateKey>
  publicKey: Uint8Array
} {
  const seed = sha256(Buffer.from(`producer ${number}`))
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  const der = Buffer.concat([prefix, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { privateKey, publicKey: fromBase64url(x!)! }
}
