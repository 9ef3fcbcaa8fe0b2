// Lines of a file or of standard input, one after another; one that is too long takes no memory.
import { createReadStream } from 'node:fs'
import { MAX_EVENT_CHARS } from '../limits.ts'

export interface EventLine {
  /** From 1. */
  readonly number: number
  /** Null: it is longer than any event. */
  readonly text: string | null
}

/** Lines that are not empty. `-` is standard input. Throws the system's errors. */
export async function* eventLines(path: string): AsyncGenerator<EventLine, void, void> {
  const stream = path === '-' ? process.stdin : createReadStream(path)
  stream.setEncoding('utf8')
  let [number, held, isTooLong] = [0, '', false]
  const line = (text: string): EventLine | null => {
    number++
    const whole = isTooLong || held.length + text.length > MAX_EVENT_CHARS ? null : held + text
    ;[held, isTooLong] = ['', false]
    return whole?.trim() === '' ? null : { number, text: whole }
  }
  for await (const part of stream as AsyncIterable<string>) {
    let from = 0
    for (let end = part.indexOf('\n'); end >= 0; end = part.indexOf('\n', from)) {
      const found = line(part.slice(from, end))
      if (found !== null) yield found
      from = end + 1
    }
    isTooLong ||= held.length + part.length - from > MAX_EVENT_CHARS
    held = isTooLong ? '' : held + part.slice(from)
  }
  const last = held === '' && !isTooLong ? null : line('')
  if (last !== null) yield last
}
