// What a run leaves for the next one of the same service, so that each covers what came since.
// It is a cache: without it a run starts from the beginning. See reconcile.test.ts.
import { isObject, jcs, type JsonValue } from '@grantlog/record'
import { QueryError } from '../codes.ts'
import type { LogPosition } from './io/access-log.ts'
import type { SeenRoute } from './routes.ts'
import type { StreamNote } from './streams.ts'
import type { ToldLine } from './report.ts'

/** A line that had no record, to be compared again when late records come. */
export interface OpenLine extends ToldLine {
  readonly templates: readonly { readonly template: string; readonly isRoute: boolean }[]
}

export interface ReconcileState {
  readonly v: 1
  readonly service: string
  /** Unix ms: where the next period begins. */
  readonly until: number
  /** Of the service's first record; null before one. */
  readonly firstSeenMs: number | null
  /** Frames before it have no record that the next run needs. */
  readonly contextFrame: number
  /** Frames before it were read. */
  readonly nextFrame: number
  readonly streams: readonly StreamNote[]
  readonly totals: StreamTotals
  readonly routes: readonly SeenRoute[]
  readonly open: readonly OpenLine[]
  readonly positions: readonly LogPosition[]
}

/** Streams that are closed and whole: they are not remembered one by one. */
export interface StreamTotals {
  readonly all: number
  readonly emitted: number
  readonly dropped: number
  readonly httpRequests: number
  readonly servedRecords: number
}

const members =
  'contextFrame,firstSeenMs,nextFrame,open,positions,routes,service,streams,totals,until,v'

export function encodeState(state: ReconcileState): string {
  return jcs(state as unknown as JsonValue)
}

/** Errors: RECONCILE_STATE; its file is the owner's alone, so only its frame is looked at. */
export function decodeState(text: string, service: string): ReconcileState {
  try {
    const json = JSON.parse(text) as JsonValue
    const isState =
      isObject(json) && Object.keys(json).toSorted().join() === members && json.v === 1
    if (isState && json.service === service) return json as unknown as ReconcileState
  } catch (cause) {
    throw new QueryError('RECONCILE_STATE', 'it is no JSON', { cause })
  }
  throw new QueryError('RECONCILE_STATE', 'it is of another version or service')
}
