// Real bundles for tests of the page: a real ledger, real keys, records as the SDK makes them.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Bundle,
  createLedger,
  ed25519Sign,
  encodeEnrolment,
  foldersUnder,
  generateEd25519,
  importEd25519,
  type Ledger,
  makeBundles,
  openLedger,
  openReader,
  sha256,
  thumbprint,
} from '@grantlog/ledger'
import {
  type AttributeValue,
  base64url,
  canonicalize,
  REGISTRY_VERSION,
  signBatch,
  type Span,
} from '@grantlog/record'

const salt = base64url(sha256(Buffer.from('salt')).subarray(0, 16))

/** A record of a login server, with personal data of `name`. */
function spanOf(seq: number, name: string): Span {
  const start = 1_795_467_000_000_000_000n + BigInt(seq) * 1_000_000n
  const attributes: [string, AttributeValue][] = [
    ['audit.record.id', randomUUID().replace(/^(.{14})4/, '$17')],
    ['audit.sequence.number', BigInt(seq)],
    ['audit.action', 'oauth.token'],
    ['audit.outcome', 'success'],
    ['audit.producer.service', 'login'],
    ['oauth.role', 'authorization_server'],
    ['oauth.client.id', 'web'],
    ['user.id', name],
    ['audit.slot.user.salt', salt],
    ['user.hash', `p1.${base64url(sha256(Buffer.from(name)).subarray(0, 16))}`],
    ['audit.slot.pseudonym.salt', salt],
    ['client.address', '203.0.113.7'],
    ['audit.slot.network.salt', salt],
  ]
  return {
    traceId: (seq + 1).toString(16).padStart(32, '0'),
    spanId: (seq + 1).toString(16).padStart(16, '0'),
    parentSpanId: '',
    name: 'oauth.token',
    kind: 2,
    startTimeUnixNano: start,
    endTimeUnixNano: start + 2_000_000n,
    status: { code: 1, message: '' },
    attributes: new Map(attributes),
  }
}

/** Enrols a new key and commits a batch of `count` records with it. */
async function commitBatch(ledger: Ledger, count: number): Promise<void> {
  const { jwk, publicKey } = generateEd25519()
  const { privateKey } = importEd25519(jwk)
  const kid = thumbprint(publicKey)
  const instance = base64url(sha256(publicKey).subarray(0, 16))
  const content = encodeEnrolment({
    assurance: 'configured',
    audience: 'default',
    issuers: [],
    kid,
    publicKey: base64url(publicKey),
    roles: ['authorization_server'],
    services: ['login'],
    validFrom: 0,
    validUntil: 0,
  })
  await ledger.commitContent({ type: 'key', id: kid, content })
  const spans = Array.from({ length: count }, (_, seq) => spanOf(seq, `alice-${seq}`))
  const records = spans.map((span) => canonicalize(span, { registry: REGISTRY_VERSION, sha256 }))
  const { jws, digests } = signBatch({
    digests: records.map(({ digest }) => digest),
    kid,
    sign: (data) => ed25519Sign(privateKey, data),
    sha256,
    aud: 'default',
    firstSeq: 0,
    iat: 1_795_467_000,
    instance,
    prevRoot: '',
  })
  await ledger.commit({
    kid,
    instance,
    evidence: { jws, digests },
    records: records.map(({ canonical, digest, slots }, seq) => ({
      type: 'record',
      id: String(spans[seq]!.attributes.get('audit.record.id')),
      seq,
      digest,
      canonical,
      unsigned: new Uint8Array(0),
      openings: slots.flatMap(({ slot, opening }) => (opening ? [{ slot, opening }] : [])),
    })),
  })
}

export interface BundleSet {
  readonly logKey: string
  readonly bundles: readonly Bundle[]
}

/** Bundles of one log that disclose the user's slot; two batches by two keys. */
export async function bundlesOf(counts: readonly number[]): Promise<BundleSet> {
  const data = await mkdtemp(join(tmpdir(), 'grantlog-proof-'))
  const folders = foldersUnder(data)
  const { logKey } = await createLedger(folders, 'proof.example/log')
  const ledger = await openLedger(folders)
  for (const count of counts) await commitBatch(ledger, count)
  await ledger.close()
  const reader = await openReader(folders)
  const bundles: Bundle[] = []
  for await (const one of makeBundles(reader, () => true, { disclose: ['user'] })) {
    bundles.push(one)
  }
  await reader.close()
  await rm(data, { recursive: true })
  return { logKey, bundles }
}
