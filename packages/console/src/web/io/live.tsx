// The live stream of records (server-sent events). The browser connects again by itself, and says
// where it was.
import type { Gap, Position } from '../../api/live.ts'
import type { Row } from '../../api/records.ts'
import { apiUrl, type Params } from './request.ts'

export interface LiveListener {
  readonly onOpen: () => void
  readonly onRow: (row: Row) => void
  readonly onGap: (gap: Gap) => void
  readonly onPosition: (position: Position) => void
  /** It is being connected again, or, when `isOver`, not any more. */
  readonly onLost: (isOver: boolean) => void
}

/** Ends with the function that it returns. */
export function listenLive(params: Params, listener: LiveListener): () => void {
  const source = new EventSource(apiUrl('live', params))
  const on = <T,>(name: string, take: (data: T) => void): void =>
    source.addEventListener(name, ({ data }: MessageEvent<string>) => take(JSON.parse(data) as T))
  on('record', listener.onRow)
  on('gap', listener.onGap)
  on('position', listener.onPosition)
  source.addEventListener('open', listener.onOpen)
  source.addEventListener('error', () => listener.onLost(source.readyState === EventSource.CLOSED))
  return () => source.close()
}
