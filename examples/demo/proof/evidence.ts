// What can be asked of a receiver by anybody who can reach it, with nothing but its public keys:
// the receipt of a record, the checkpoint, and the proof that a leaf is under it.
import {
  ed25519Verify,
  type FrameEntry,
  foldersUnder,
  type LedgerReader,
  openReader,
  openReceipt,
  type Receipt,
  sha256,
} from '@grantlog/ledger'
import { ATTR, openRecord, type RecordView, spanFrom } from '@grantlog/record'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import {
  checkInclusion,
  decodeEntries,
  ed25519Verifier,
  entriesPath,
  leafHash,
  openCheckpoint,
  type OpenedCheckpoint,
  proveInclusion,
  TILE_WIDTH,
  tilePath,
  tileReader,
  tileWidth,
} from '@grantlog/tlog'

/** A record as it lies in the ledger, with its batch's signature. */
export interface StoredRecord {
  readonly frame: number
  readonly entry: FrameEntry
  readonly view: RecordView
  readonly openings: ReturnType<FrameEntry['openings']>
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

/** All records of the ledger, in its order. */
export async function readRecords(reader: LedgerReader): Promise<StoredRecord[]> {
  const records: StoredRecord[] = []
  for await (const { entries, number } of reader.frames(0)) {
    for (const entry of entries) {
      if (entry.leaf.type !== 'record' || entry.stored.kind !== 'record') continue
      const view = openRecord(entry.stored.canonical)
      // Opened now: later the reader, and its keystore with it, may be closed.
      records.push({ frame: number, entry, view, openings: entry.openings() })
    }
  }
  return records
}

/**
 * Sends a record again, as a producer does that got no answer: the receiver knows it, seals
 * nothing, and gives the receipt again.
 */
export async function askReceipt(
  otlpUrl: string,
  record: StoredRecord,
  receiptKey: string,
): Promise<Receipt> {
  const { entry, openings, view } = record
  const service = String(view.attributes.get(ATTR.AUDIT_PRODUCER_SERVICE))
  const body = encodeTraceRequest([
    {
      resource: [['service.name', service]],
      scope: {
        name: '@grantlog/sdk',
        version: String(view.attributes.get(ATTR.AUDIT_PRODUCER_VERSION) ?? ''),
        attributes: [
          ['audit.integrity.value', entry.evidence!.jws],
          ['audit.integrity.algorithm', 'Ed25519'],
          ['audit.integrity.digests', entry.evidence!.digests],
        ],
      },
      spans: [spanFrom(view, openings)],
    },
  ])
  const response = await fetch(`${otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: body as Uint8Array<ArrayBuffer>,
  })
  const [first = ''] = (response.headers.get('grantlog-receipt') ?? '').split(', ')
  const note = Buffer.from(first, 'base64')
  return openReceipt(note, ed25519Verifier(receiptKey, sha256, ed25519Verify))
}

/** The published checkpoint, its signature checked. */
export async function fetchCheckpoint(
  adminUrl: string,
  { logKey, origin }: { readonly logKey: string; readonly origin: string },
): Promise<OpenedCheckpoint> {
  const verifiers = [ed25519Verifier(logKey, sha256, ed25519Verify)]
  return openCheckpoint(await fetchBytes(`${adminUrl}/checkpoint`), { origin, verifiers })
}

/** Proves from the public tiles that a leaf is under a checkpoint; gives the proof's hashes. */
export async function proveLeaf(
  adminUrl: string,
  entry: Pick<FrameEntry, 'index' | 'entry'>,
  checkpoint: OpenedCheckpoint,
): Promise<Uint8Array[]> {
  const { root, size } = checkpoint
  const { index } = entry
  const readTile = (tile: { level: number; index: number; width: number }): Promise<Uint8Array> =>
    fetchBytes(`${adminUrl}/${tilePath(tile.level, tile.index, tile.width)}`)
  const proof = await proveInclusion(tileReader({ sha256, size, readTile }), index, size)
  checkInclusion({ sha256, index, size, leafHash: leafHash(sha256, entry.entry), root, proof })
  return proof
}

/** How many leaves of type `record` are published, counted in the public entry bundles. */
export async function countPublished(adminUrl: string, size: number): Promise<number> {
  let records = 0
  for (let bundle = 0; bundle * TILE_WIDTH < size; bundle++) {
    const path = entriesPath(bundle, tileWidth(0, bundle, size))
    for (const entry of decodeEntries(await fetchBytes(`${adminUrl}/${path}`))) {
      const leaf = JSON.parse(new TextDecoder().decode(entry)) as { type: string }
      if (leaf.type === 'record') records++
    }
  }
  return records
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}
