// Answers about one record: what it says, what proves it, and the life that it is part of.
import {
  decodeEnrolment,
  type FrameEntry,
  makeBundleOf,
  makeLogBundleOf,
  sha256,
} from '@grantlog/ledger'
import {
  candidatesOf,
  compromisedSince,
  lastKeyEntry,
  type LedgerRecord,
  type Lineage as QueryLineage,
  lineageOf,
  type Reading,
} from '@grantlog/query'
import { ATTR } from '@grantlog/record'
import { leafHash } from '@grantlog/tlog'
import type { Lineage } from '../api/lineage.ts'
import type { Bundle, LogBundle, RecordDetail } from '../api/records.ts'
import { ConsoleError } from './codes.ts'
import { publishedOf } from './published.ts'
import { attributesOf, closedSlots, rowOf } from './rows.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Errors: CONSOLE_RECORD_UNKNOWN. */
export async function recordDetail(
  reading: Reading,
  place: number,
  { personal, traceUrl }: { readonly personal: boolean; readonly traceUrl: string },
): Promise<RecordDetail> {
  const { entry, record } = await entryAt(reading, place)
  const shown = { personal, published: publishedOf(reading.reader) }
  const { leaf, view } = record
  const stored = entry.stored.kind === 'content' ? new Uint8Array() : entry.stored.canonical
  const key = await keyOf(reading, record)
  const { kid, instance, seq } = leaf
  return {
    row: rowOf(record, shown),
    attributes: attributesOf(record, shown),
    observed: record.observed === null ? null : { ...record.observed },
    closed: closedSlots(record),
    canonical: text(stored),
    leaf: text(record.entry),
    leafHash: Buffer.from(leafHash(sha256, record.entry)).toString('base64'),
    spanId: view.spanId,
    parentSpanId: view.parentSpanId,
    stream: { kid, instance, seq },
    key: key === null ? null : enrolmentOf(key),
    compromisedSince: await compromisedSince(reading)(record),
    policy: String(record.attributes.get(ATTR.AUDIT_POLICY_HASH) ?? ''),
    traceUrl: traceUrl.replaceAll('{traceId}', encodeURIComponent(view.traceId)),
  }
}

/** Errors: CONSOLE_RECORD_UNKNOWN, CONSOLE_RECORD_PENDING. */
export async function recordBundle(
  reading: Reading,
  place: number,
  disclose: 'none' | 'all',
): Promise<Bundle | LogBundle> {
  const { entry, record } = await entryAt(reading, place)
  if (place >= publishedOf(reading.reader)) throw new ConsoleError('CONSOLE_RECORD_PENDING')
  const disclosing = disclose === 'all' ? { disclose } : {}
  if (record.observed !== null) {
    const log = await makeLogBundleOf(reading.reader, entry, disclosing)
    return { ...log, openings: { ...log.openings } }
  }
  const key = await keyOf(reading, record)
  if (key === null) throw new ConsoleError('CONSOLE_RECORD_PENDING')
  const revocation = (await lastKeyEntry(reading, record.leaf.kid)) ?? undefined
  const options = { revocation, ...disclosing }
  const bundle = await makeBundleOf(reading.reader, { record: entry, key }, options)
  return { ...bundle, openings: { ...bundle.openings } }
}

/** Errors: LINEAGE_NOT_FOUND. */
export async function lineageAt(
  reading: Reading,
  target: string,
  { now, personal }: { readonly now: number; readonly personal: boolean },
): Promise<Lineage> {
  const { isCut, records } = await candidatesOf(reading, target)
  const found = await lineageOf({
    records: () => each(records),
    ...{ isCut, target, showPersonal: personal, now },
  })
  return asAnswer(found)
}

async function* each(records: readonly LedgerRecord[]): AsyncGenerator<LedgerRecord, void, void> {
  yield* records
}

function asAnswer({ cut, edges, nodes, reuses }: QueryLineage): Lineage {
  const shown = nodes.map(({ flags, ...node }) => ({ ...node, flags: [...flags] }))
  const told = reuses.map(({ again, calls, issued, refusals, ...reuse }) => ({
    ...reuse,
    ...{ again: [...again], issued: [...issued], refusals: [...refusals] },
    calls: calls.map((call) => ({ ...call })),
  }))
  return { cut, edges: edges.map((edge) => ({ ...edge })), nodes: shown, reuses: told }
}

async function entryAt(
  { index, reader, records }: Reading,
  place: number,
): Promise<{ readonly record: LedgerRecord; readonly entry: FrameEntry }> {
  const row = index.rowAt(place)
  const where = row < index.rows ? index.place(row) : null
  if (where === null || where.index !== place) throw new ConsoleError('CONSOLE_RECORD_UNKNOWN')
  const record = await records.record(where)
  const { entries } = await reader.frame(where.frame)
  const entry = entries.find((one) => one.index === place)
  if (record === null || entry === undefined) throw new ConsoleError('CONSOLE_RECORD_UNKNOWN')
  return { record, entry }
}

/** The entry of the enrolment under which a record was taken. */
async function keyOf(
  { index, reader }: Reading,
  { index: place, leaf }: LedgerRecord,
): Promise<FrameEntry | null> {
  const key = index.keyBefore(leaf.kid, place)
  if (key === null) return null
  const { entries } = await reader.frame(key.frame)
  return entries.find((one) => one.index === key.index) ?? null
}

export function enrolmentOf({ stored }: FrameEntry): RecordDetail['key'] {
  if (stored.kind !== 'content') return null
  const { assurance, kid, roles, services } = decodeEnrolment(stored.content)
  return { kid, assurance, services: [...services], roles: [...roles] }
}
