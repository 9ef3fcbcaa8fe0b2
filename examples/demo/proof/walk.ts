// The walk along one record: from what the authorization server signed to its verified proof.
import {
  type Bundle,
  checkBundle,
  LedgerError,
  makeBundle,
  type RecordLeaf,
  sha256,
} from '@grantlog/ledger'
import { ATTR, base64url } from '@grantlog/record'
import { leafHash, type OpenedCheckpoint } from '@grantlog/tlog'
import type { Stage } from '../stage/stage.ts'
import { until } from '../stage/until.ts'
import type { Story } from '../story.ts'
import {
  askReceipt,
  fetchCheckpoint,
  proveLeaf,
  readRecords,
  type StoredRecord,
  withReader,
} from './evidence.ts'

/** A record, and the proof that the log has it. */
export interface Verified {
  readonly target: StoredRecord
  readonly checkpoint: OpenedCheckpoint
  readonly proof: readonly Uint8Array[]
}

/** Waits for the record of the token that this trace ended with, and verifies it. */
export async function verifyToken(stage: Stage, traceId: string): Promise<Verified> {
  const target = await until('the record of the token', () => tokenRecord(stage.data, traceId))
  const { entry } = target
  // Two checks: of the whole bundle, and of the leaf by HTTP from public tiles.
  const bundle = await until('a checkpoint over it', () => bundleOf(stage.data, target))
  checkBundle(bundle, { logKey: stage.logKey })
  const checkpoint = await fetchCheckpoint(stage.adminUrl, stage)
  const proof = await proveLeaf(stage.adminUrl, entry, checkpoint)
  return { target, checkpoint, proof }
}

async function tokenRecord(data: string, traceId: string): Promise<StoredRecord | undefined> {
  const records = await withReader(data, readRecords)
  return records.find(
    ({ view }) =>
      view.traceId === traceId &&
      view.attributes.get(ATTR.AUDIT_PRODUCER_SERVICE) === 'login' &&
      view.attributes.get(ATTR.AUDIT_ACTION) === 'oauth.token',
  )
}

/** undefined while no published checkpoint covers it. */
async function bundleOf(data: string, { entry }: StoredRecord): Promise<Bundle | undefined> {
  try {
    return await withReader(data, (reader) => makeBundle(reader, entry))
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'LEDGER_NOT_FOUND') return undefined
    throw error
  }
}

/** Tells of the record at each of its five stations. */
export async function tellWalk(verified: Verified, stage: Stage, story: Story): Promise<void> {
  const { checkpoint, proof, target } = verified
  tellRecord(target, stage, story)
  await tellReceipt(target, stage, story)
  tellLeaf(target, story)
  story.part('The checkpoint', "The log's signature over all its leaves, at most a second later.")
  story.fact('size', `${checkpoint.size} leaves`)
  story.fact('root', Buffer.from(checkpoint.root).toString('base64'))
  story.fact('signed by', stage.logKey)
  const told = 'From public tiles alone: the leaf is under the checkpoint, the signature is right.'
  story.part('The proof', told)
  story.good(`${proof.length} hashes lead from leaf ${target.entry.index} to the root`)
}

function tellRecord({ entry, view }: StoredRecord, stage: Stage, story: Story): void {
  story.part('The record', 'What the authorization server did, as a span that it signed itself.')
  const names = [
    ATTR.AUDIT_ACTION,
    ATTR.AUDIT_OUTCOME,
    ATTR.OAUTH_CLIENT_ID,
    ATTR.OAUTH_GRANT_TYPE,
    ATTR.OAUTH_PKCE_METHOD,
    ATTR.OAUTH_PKCE_RESULT,
    ATTR.OAUTH_SCOPE_GRANTED,
    ATTR.OAUTH_TOKEN_HASH,
    ATTR.AUDIT_RECORD_ID,
  ]
  for (const name of names) {
    const value = view.attributes.get(name)
    if (value !== undefined) story.fact(name.replace(/^(oauth|audit)\./, ''), String(value))
  }
  const slots = [...view.slots.keys()].join(', ')
  story.fact('personal', `${slots}: as commitments; who it was stays in encrypted slots`)
  story.fact('signed by', (entry.leaf as RecordLeaf).kid)
  const { jaeger } = stage
  if (jaeger?.uiUrl) story.fact('in Jaeger', `${jaeger.uiUrl}/trace/${view.traceId}`)
}

async function tellReceipt(target: StoredRecord, stage: Stage, story: Story): Promise<void> {
  const receipt = await askReceipt(stage.otlpUrl, target, stage.receiptKey)
  story.part('The receipt', "The receiver's signed promise, given only when it is on the disk.")
  story.fact('origin', receipt.origin)
  story.fact('numbers', `${receipt.firstSeq} to ${receipt.lastSeq} of the stream`)
  story.fact('indexes', `${receipt.firstIndex} to ${receipt.lastIndex} of the log`)
  story.fact('received', new Date(receipt.receivedAt).toISOString())
}

function tellLeaf({ entry }: StoredRecord, story: Story): void {
  story.part('The leaf', 'What the log holds of it: a digest and its place, nothing personal.')
  story.fact('index', String(entry.index))
  story.fact('entry', new TextDecoder().decode(entry.entry))
  story.fact('hash', base64url(leafHash(sha256, entry.entry)))
}
