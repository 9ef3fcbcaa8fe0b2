// The walk: one log-in, from the record to its verified proof, and then the drill.
import { setTimeout as wait } from 'node:timers/promises'
import {
  checkBundle,
  type LedgerReader,
  makeBundle,
  openReader,
  foldersUnder,
  type RecordLeaf,
} from '@grantlog/ledger'
import { ATTR, base64url } from '@grantlog/record'
import { leafHash, type OpenedCheckpoint } from '@grantlog/tlog'
import { sha256 } from '@grantlog/ledger'
import { drill, tamperings } from './drill.ts'
import {
  askReceipt,
  fetchCheckpoint,
  proveLeaf,
  readRecords,
  type StoredRecord,
} from './evidence.ts'
import type { Processes } from './processes.ts'
import type { Stage } from './stage.ts'
import type { Story } from './story.ts'
import { logIn } from './user.ts'

const pollMs = 20
const patienceMs = 20_000

/** Runs `look` until it finds something; throws after twenty seconds. */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`)
    await wait(pollMs)
  }
}

/** Opens the ledger beside the running receiver. */
export async function withReader<T>(
  data: string,
  read: (reader: LedgerReader) => Promise<T>,
): Promise<T> {
  const reader = await openReader(foldersUnder(data))
  try {
    return await read(reader)
  } finally {
    await reader.close()
  }
}

export interface Walked {
  readonly target: StoredRecord
  readonly firstVerifiedMs: number
}

/** Logs alice in, and follows the record of her token to its proof. */
export async function walk(stage: Stage, story: Story): Promise<Walked> {
  const begin = performance.now()
  const subject = await logIn(stage)
  story.say(`\n${subject} has logged in at ${stage.issuer}, and the client web has her tokens.`)
  const target = await until('the record of the token', () => tokenRecord(stage.data))
  const { checkpoint, proof } = await verifyTarget(stage, target)
  const firstVerifiedMs = Math.round(performance.now() - begin)

  tellRecord(target, stage, story)
  await tellReceipt(target, stage, story)
  tellLeaf(target, story)
  story.step(
    4,
    'The checkpoint',
    "The log's signature over all its leaves, at most a second later.",
  )
  story.fact('size', `${checkpoint.size} leaves`)
  story.fact('root', Buffer.from(checkpoint.root).toString('base64'))
  story.fact('signed by', stage.logKey)
  const told = 'From public tiles alone: the leaf is under the checkpoint, the signature is right.'
  story.step(5, 'The proof', told)
  story.fact('path', `${proof.length} hashes from leaf ${target.entry.index} to the root`)
  story.good(`verified ${firstVerifiedMs} ms after the log-in began`)
  return { target, firstVerifiedMs }
}

async function tokenRecord(data: string): Promise<StoredRecord | undefined> {
  const records = await withReader(data, readRecords)
  return records.findLast(({ view }) => view.attributes.get(ATTR.AUDIT_ACTION) === 'oauth.token')
}

/** The two checks: of the leaf by HTTP with tlog, and of the whole bundle. */
async function verifyTarget(
  stage: Stage,
  { entry }: StoredRecord,
): Promise<{ checkpoint: OpenedCheckpoint; proof: Uint8Array[] }> {
  const checkpoint = await until('a checkpoint over it', async () => {
    const newest = await fetchCheckpoint(stage.adminUrl, stage)
    return newest.size > entry.index ? newest : undefined
  })
  const proof = await proveLeaf(stage.adminUrl, entry, checkpoint)
  const bundle = await withReader(stage.data, (reader) => makeBundle(reader, entry))
  checkBundle(bundle, { logKey: stage.logKey })
  return { checkpoint, proof }
}

function tellRecord({ entry, view }: StoredRecord, stage: Stage, story: Story): void {
  story.step(1, 'The record', 'What the authorization server did, as a span that it signed itself.')
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
  story.step(2, 'The receipt', "The receiver's signed promise, given only when it is on the disk.")
  story.fact('origin', receipt.origin)
  story.fact('numbers', `${receipt.firstSeq} to ${receipt.lastSeq} of the stream`)
  story.fact('indexes', `${receipt.firstIndex} to ${receipt.lastIndex} of the log`)
  story.fact('received', new Date(receipt.receivedAt).toISOString())
}

function tellLeaf({ entry }: StoredRecord, story: Story): void {
  story.step(3, 'The leaf', 'What the log holds of it: a digest and its place, nothing personal.')
  story.fact('index', String(entry.index))
  story.fact('entry', new TextDecoder().decode(entry.entry))
  story.fact('hash', base64url(leafHash(sha256, entry.entry)))
}

/** Tampers with copies of the data, and counts what `grantlog verify` finds. */
export async function runDrill(
  { processes, stage, story }: { processes: Processes; stage: Stage; story: Story },
  target: StoredRecord,
): Promise<{ tried: number; found: number }> {
  story.step(6, 'The drill', 'On copies of the data: can somebody with root change it unseen?')
  let found = 0
  for (const tampering of tamperings) {
    const { findings, what } = await drill(tampering, target, { ...stage, processes })
    const [first] = findings
    if (first) found++
    if (first) story.good(`${what}: found, ${first.word} (${first.code}) at ${first.where}`)
    else story.bad(`${what}: not found`)
  }
  return { tried: tamperings.length, found }
}
