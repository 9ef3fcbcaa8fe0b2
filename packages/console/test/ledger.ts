// A real ledger for tests: real keys, records as the SDK makes them.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import {
  createLedger,
  ed25519Sign,
  encodeEnrolment,
  type Enrolment,
  type Folders,
  foldersUnder,
  generateEd25519,
  importEd25519,
  type Ledger,
  openLedger,
  sha256,
  thumbprint,
} from '@grantlog/ledger'
import {
  ATTR,
  attributeDefinitions,
  type AttributeValue,
  base64url,
  canonicalize,
  REGISTRY_VERSION,
  saltAttribute,
  signBatch,
  type Span,
} from '@grantlog/record'

/** Attributes of a record, besides those that every record has. */
export type Telling = Readonly<Record<string, AttributeValue>>

export interface TestLedger {
  readonly folders: Folders
  readonly logKey: string
  readonly ledger: Ledger
  /** A new key, enrolled; `commit` is one batch of one stream. */
  enrol(): Promise<TestKey>
  /** Resolves when all that was committed is under a checkpoint. */
  published(): Promise<void>
  /** Closes it; with `remove`, its folder goes too. */
  close(options?: { readonly remove: boolean }): Promise<void>
}

export interface TestKey {
  readonly kid: string
  commit(tellings: readonly Telling[]): Promise<void>
  /** Revokes it: somebody else may have had it since then, in Unix seconds. */
  revoke(since: number): Promise<void>
}

const salt = base64url(sha256(Buffer.from('salt')).subarray(0, 16))

export async function createTestLedger(): Promise<TestLedger> {
  const data = await mkdtemp(join(tmpdir(), 'grantlog-console-'))
  const folders = foldersUnder(data)
  const { logKey } = await createLedger(folders, 'console.example/log')
  const ledger = await openLedger(folders)
  // As the command line makes it at every start.
  for (const name of ['index', 'export']) ledger.keystore.secret(name)
  ledger.keystore.flush()
  let open = true
  return {
    ...{ folders, logKey, ledger },
    enrol: () => enrol(ledger),
    published: async () => {
      while (ledger.published < ledger.size) await setTimeout(10)
    },
    close: async ({ remove } = { remove: true }) => {
      if (open) await ledger.close()
      open = false
      if (remove) await rm(data, { recursive: true })
    },
  }
}

async function enrol(ledger: Ledger): Promise<TestKey> {
  const { jwk, publicKey } = generateEd25519()
  const { privateKey } = importEd25519(jwk)
  const kid = thumbprint(publicKey)
  const instance = base64url(sha256(publicKey).subarray(0, 16))
  const enrolment: Enrolment = {
    ...{ assurance: 'configured', audience: 'default', issuers: [], kid, validFrom: 0 },
    ...{ publicKey: base64url(publicKey), roles: ['authorization_server', 'resource_server'] },
    ...{ services: ['api', 'login'], validUntil: 0 },
  }
  const commitKey = async (key: Enrolment): Promise<void> => {
    await ledger.commitContent({ type: 'key', id: kid, content: encodeEnrolment(key) })
  }
  await commitKey(enrolment)
  let [next, prevRoot] = [0, '']
  const commit = async (tellings: readonly Telling[]): Promise<void> => {
    const firstSeq = next
    const spans = tellings.map((telling) => spanOf(next++, telling))
    const made = spans.map((span) => canonicalize(span, { registry: REGISTRY_VERSION, sha256 }))
    const batch = signBatch({
      ...{ digests: made.map(({ digest }) => digest), kid, sha256, aud: 'default', firstSeq },
      ...{ iat: 1_795_467_000, instance, prevRoot },
      sign: (data) => ed25519Sign(privateKey, data),
    })
    prevRoot = batch.root
    const records = made.map(({ canonical, digest, slots }, n) => ({
      ...{ type: 'record' as const, digest, canonical, unsigned: new Uint8Array(0) },
      id: String(spans[n]?.attributes.get(ATTR.AUDIT_RECORD_ID)),
      seq: firstSeq + n,
      openings: slots.flatMap(({ opening, slot }) => (opening ? [{ slot, opening }] : [])),
    }))
    const evidence = { jws: batch.jws, digests: batch.digests }
    await ledger.commit({ kid, instance, evidence, records })
  }
  const revoke = (since: number): Promise<void> =>
    commitKey({ ...enrolment, revoked: 'key_compromise', since })
  return { kid, commit, revoke }
}

/** Slots that have a field get a salt. */
function spanOf(seq: number, telling: Telling): Span {
  const start = 1_795_467_000_000_000_000n + BigInt(seq) * 1_000_000n
  const salts = Object.keys(telling).flatMap((name) => {
    const slot = attributeDefinitions.get(name)?.slot
    return slot ? [[saltAttribute(slot), salt] as const] : []
  })
  return {
    traceId: (seq + 1).toString(16).padStart(32, '0'),
    spanId: (seq + 1).toString(16).padStart(16, '0'),
    ...{ parentSpanId: '', name: 'oauth.token', kind: 2 },
    startTimeUnixNano: start,
    endTimeUnixNano: start + 2_000_000n,
    status: { code: 1, message: '' },
    attributes: new Map<string, AttributeValue>([
      [ATTR.AUDIT_RECORD_ID, randomUUID().replace(/^(.{14})4/, '$17')],
      [ATTR.AUDIT_SEQUENCE_NUMBER, BigInt(seq)],
      [ATTR.AUDIT_ACTION, 'oauth.token'],
      [ATTR.AUDIT_OUTCOME, 'success'],
      [ATTR.AUDIT_PRODUCER_SERVICE, 'login'],
      [ATTR.OAUTH_ROLE, 'authorization_server'],
      [ATTR.OAUTH_CLIENT_ID, 'web'],
      ...Object.entries(telling),
      ...salts,
    ]),
  }
}
