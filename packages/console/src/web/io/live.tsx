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

/** After an answer that is no stream: a receiver that is starting, or a proxy in its place. */
const ANEW_MS = 3_000

/** Ends with the function that it returns. */
export function listenLive(params: Params, listener: LiveListener): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let source = connect()
  function connect(): EventSource {
    const stream = new EventSource(apiUrl('live', params))
    const on = <T,>(name: string, take: (data: T) => void): void =>
      stream.addEventListener(name, ({ data }: MessageEvent<string>) => take(JSON.parse(data) as T))
    on('record', listener.onRow)
    on('gap', listener.onGap)
    on('position', listener.onPosition)
    stream.addEventListener('open', listener.onOpen)
    stream.addEventListener('error', () => {
      listener.onLost()
      // The browser goes on by itself unless it was told no.
      if (stream.readyState === EventSource.CLOSED) {
        timer = setTimeout(() => (source = connect()), ANEW_MS)
      }
    })
    return stream
  }
  return () => {
    clearTimeout(timer)
    source.close()
  }
}
