// Requests told once, as the records that a service makes of them and as the lines that a web
// server writes of them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Frame, RecordLeaf } from '@grantlog/ledger'
import { ATTR, type AttributeValue } from '@grantlog/record'
import { framesOf, type Telling, spanOf } from './producer.ts'

/** Unix ms of second 0. */
export const zeroMs = 1_795_467_000_000

export interface Request {
  /** Seconds since second 0, at the end of the request. */
  readonly at: number
  readonly method?: string
  readonly path: string
  readonly route?: string
  readonly status?: number
}

/** A request to an API that presented a token. */
export function accessOf({ at, method = 'GET', path, route, status = 200 }: Request): Telling {
  return {
    at: at - 0.01,
    lasts: 0.01,
    service: 'api',
    action: 'oauth.resource_access',
    outcome: status < 400 ? 'success' : 'failure',
    attributes: {
      [ATTR.HTTP_REQUEST_METHOD]: method,
      [ATTR.HTTP_RESPONSE_STATUS_CODE]: BigInt(status),
      [ATTR.OAUTH_ROLE]: 'resource_server',
      ...(route === undefined ? { [ATTR.URL_TEMPLATE]: path } : { [ATTR.HTTP_ROUTE]: route }),
    },
  }
}

/** What a stream says of itself. */
export function statement(
  at: number,
  kind: 'start' | 'heartbeat' | 'stop',
  counts: string,
  more: { readonly dropped?: number; readonly http?: number } = {},
): Telling {
  const attributes: Record<string, AttributeValue> = {
    [ATTR.AUDIT_STREAM_COUNTS]: counts,
    [ATTR.AUDIT_STREAM_DROPPED]: BigInt(more.dropped ?? 0),
    [ATTR.AUDIT_STREAM_HTTP_REQUESTS]: BigInt(more.http ?? 0),
  }
  return { at, service: 'api', action: `audit.stream.${kind}`, attributes }
}

/** A frame for each group of records; `lost` are numbers that never arrived. */
export function framesWith(
  groups: readonly (readonly Telling[])[],
  lost: readonly number[] = [],
): (from: number) => AsyncIterable<Frame> {
  let next = 0
  const frames = groups.flatMap((tellings, number): Frame[] => {
    const spans = tellings.map((telling) => spanOf(telling, next++))
    const [, frame] = framesOf(spans, 'configured')
    const entries = frame!.entries.flatMap((entry, i) => {
      const leaf = entry.leaf as RecordLeaf
      if (lost.includes(leaf.seq)) return []
      const receivedAt = zeroMs + Math.floor(tellings[i]!.at * 1000)
      const [, kind] = /^audit\.stream\.(start|heartbeat|stop)$/.exec(tellings[i]!.action) ?? []
      const type = (kind ?? 'record') as RecordLeaf['type']
      return [{ ...entry, index: leaf.seq, leaf: { ...leaf, type, receivedAt } }]
    })
    return [{ number, first: 0, receivedAt: zeroMs, entries }]
  })
  return async function* from(number) {
    for (const frame of frames) if (frame.number >= number) yield frame
  }
}

/** A line in combined format. */
export function lineOf({ at, method = 'GET', path, status = 200 }: Request): string {
  const iso = new Date(zeroMs + Math.floor(at) * 1000).toISOString()
  const [, year, month, day, clock] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(iso)!
  const name = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')[Number(month) - 1]
  const time = `${day}/${name}/${year}:${clock} +0000`
  return `192.0.2.7 - - [${time}] "${method} ${path} HTTP/1.1" ${status} 5 "-" "x"`
}

/** Access logs in a folder of their own; `write` gives the path. */
export function logFolder(): {
  folder: string
  write: (requests: readonly Request[], name?: string) => string
  remove: () => void
} {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-access-'))
  return {
    folder,
    write: (requests, name = 'access.log') => {
      const path = join(folder, name)
      writeFileSync(path, requests.map((request) => `${lineOf(request)}\n`).join(''))
      return path
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
