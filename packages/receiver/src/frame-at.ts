/** Frames that lie one behind the other, each known by the index of its first leaf. */
export interface IndexedFrames {
  /** Number of the oldest frame, and of the one that is to come. */
  readonly first: number
  readonly next: number
  /** The frames from that number on. */
  readonly read: (from: number) => AsyncIterable<{ readonly first: number }>
}

/** Number of the last frame that begins at or before the index; the first one if none does. */
export async function frameAt(
  { first, next, read }: IndexedFrames,
  index: number,
): Promise<number> {
  let [low, high] = [first, Math.max(first, next - 1)]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    let begin = Infinity
    for await (const frame of read(middle)) {
      begin = frame.first
      break
    }
    if (begin <= index) low = middle
    else high = middle - 1
  }
  return low
}
