// The newest commits as they were given: whoever follows the log closely gets them from here, and
// nothing has to be read, decrypted and decoded again. See recent.test.ts.
import { recentBytesMax } from '../limits.ts'
import type { Frame } from '../prove/frames.ts'

interface Recent {
  readonly frame: Frame
  readonly bytes: number
}

/** Frames in a row up to the newest, within `recentBytesMax`. */
export class RecentFrames {
  readonly #frames: Recent[] = []
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number = recentBytesMax) {
    this.#bytesMax = bytesMax
  }

  /** Takes the frame that follows; it must be durable. `bytes`: what it holds in memory, about. */
  add(frame: Frame, bytes: number): void {
    this.#frames.push({ frame, bytes })
    this.#bytes += bytes
    let dropped = 0
    while (this.#bytes > this.#bytesMax) this.#bytes -= this.#frames[dropped++]!.bytes
    if (dropped > 0) this.#frames.splice(0, dropped)
  }

  /** Undefined when it is older, or not there yet. */
  get(number: number): Frame | undefined {
    const first = this.#frames[0]
    return first && this.#frames[number - first.frame.number]?.frame
  }
}
