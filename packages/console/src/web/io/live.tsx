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
  /** It is being connected again. */
  readonly onLost: () => void
}

/** Between two tries when the answer was no stream, such as while the receiver starts, ms. */
const AGAIN_MS = { first: 500, most: 10_000 }

/**
 * Ends with the function that it returns. `since`: place in the log from behind which on it is
 * listened to, whenever that begins. Every event has a place in the log as its id: what comes
 * while the connection is away is sent when it is back.
 */
export function listenLive(
  params: Params & { readonly since: number },
  listener: LiveListener,
): () => void {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let since = String(params.since)
  let pause = AGAIN_MS.first
  const open = (): void => {
    const now = new EventSource(apiUrl('live', { ...params, since }))
    source = now
    const on = <T,>(name: string, take: (data: T) => void): void =>
      now.addEventListener(name, ({ data, lastEventId }: MessageEvent<string>) => {
        since = lastEventId === '' ? since : lastEventId
        take(JSON.parse(data) as T)
      })
    on('record', listener.onRow)
    on('gap', listener.onGap)
    on('position', listener.onPosition)
    now.addEventListener('open', () => {
      pause = AGAIN_MS.first
      listener.onOpen()
    })
    now.addEventListener('error', () => {
      listener.onLost()
      // The browser itself tries again only after an answer that was a stream.
      if (now.readyState !== EventSource.CLOSED) return
      timer = setTimeout(open, pause)
      pause = Math.min(pause * 2, AGAIN_MS.most)
    })
  }
  open()
  return () => {
    clearTimeout(timer)
    source?.close()
  }
}
