// Audit log records for a search server, and what the ledger makes of each.
import { foldersUnder, openReader } from '@grantlog/ledger'
import { type EcsDocument, ecsLogDocument, logDocumentId } from '@grantlog/record/ecs'
import { deletion, encodeLogs, type Fields } from '@grantlog/record/testing'
import { projectLog } from '../../packages/receiver/src/forward/logs/log-record.ts'
import type { PersonalData } from '../../packages/receiver/src/forward/project.ts'
import { logFrames } from '../../packages/receiver/src/ledger.ts'

export const logIdOf = (n: number): string =>
  `019aaf25-0c00-7000-8000-${String(n).padStart(12, '0')}`

/** What SDKs write that never heard of our registry: values of other types, no time, long texts. */
const oddities: readonly Fields[] = [
  {},
  { time: 0n, observed: 0n },
  { time: 2n ** 64n - 1n },
  { attributes: { 'http.response.status_code': 'two hundred', 'oauth.token.active': 'yes' } },
  { attributes: { 'oauth.client.id': { a: 'b' }, 'oauth.scope.requested': ['a', 'b'] } },
  { attributes: { 'client.address': 'nowhere', 'audit.outcome': 'denied' } },
  { body: { said: ['x'.repeat(40_000)] }, severity: 0, severityText: '' },
]

/** A request of deletions, odd ones among them. */
export function deletions(first: number, count: number): Uint8Array {
  const logs = Array.from({ length: count }, (_, at): Fields => {
    const odd = oddities[(first + at) % oddities.length]!
    const own = { 'audit.record.id': logIdOf(first + at) }
    return {
      ...deletion,
      ...odd,
      attributes: { ...deletion.attributes, ...odd.attributes, ...own },
    }
  })
  return encodeLogs(logs)
}

export async function sendLogs(endpoint: string, body: Uint8Array): Promise<number> {
  const response = await fetch(`${endpoint}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: body as Uint8Array<ArrayBuffer>,
  })
  await response.arrayBuffer()
  return response.status
}

/** By id. */
export async function expectedLogDocuments(
  data: string,
  personalData: PersonalData,
): Promise<Map<string, EcsDocument>> {
  const reader = await openReader(foldersUnder(data))
  const documents = new Map<string, EcsDocument>()
  const projection = { origin: reader.origin, personalData }
  for await (const { logs } of logFrames(reader.frames(0))) {
    for (const log of logs) {
      const projected = projectLog(log, projection)
      documents.set(logDocumentId(projected), ecsLogDocument(projected))
    }
  }
  await reader.close()
  return documents
}
